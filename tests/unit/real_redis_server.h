/* A redis-server of the test's own, and a client of it. */
#ifndef REAL_REDIS_SERVER_H
#define REAL_REDIS_SERVER_H

#include "test_pageview_support.h"
#include "waiting.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "pageview/redis_client.h"

static char real_redis_directory[64], real_redis_socket[96], real_redis_address[128];
static pid_t real_redis_server;
static struct pv_redis *redis;
static struct pv_error error;

/* A command whose answer the test does not need. */
#define COMMAND(...)                                                                               \
    do {                                                                                           \
        struct pv_redis_reply *answer = NULL;                                                      \
        assert_int_equal(                                                                          \
            pv_redis_command_texts(redis, &answer, &error, __VA_ARGS__, (char *)NULL), PV_OK);     \
        pv_redis_reply_destroy(answer);                                                            \
    } while (0)

/* The answer of a command; the caller destroys it. */
static inline struct pv_redis_reply *ask_redis(const char *command, const char *a, const char *b,
                                               const char *c, const char *d)
{
    struct pv_redis_reply *answer = NULL;

    assert_int_equal(
        pv_redis_command_texts(redis, &answer, &error, command, a, b, c, d, (char *)NULL), PV_OK);
    return answer;
}

static inline int64_t redis_number(const char *command, const char *a, const char *b)
{
    struct pv_redis_reply *answer = ask_redis(command, a, b, NULL, NULL);
    int64_t number = pv_redis_reply_number(answer, -1);

    pv_redis_reply_destroy(answer);
    return number;
}

/* How often Redis ran a command since the statistics were reset, within functions too. */
static inline long redis_calls(const char *command)
{
    struct pv_redis_reply *answer = ask_redis("INFO", "commandstats", NULL, NULL, NULL);
    const char *text = pv_redis_reply_text(answer, NULL), *at;
    char row[64];
    long calls;

    assert_non_null(text);
    snprintf(row, sizeof row, "cmdstat_%s:calls=", command);
    at = strstr(text, row);
    calls = at != NULL ? strtol(at + strlen(row), NULL, 10) : 0;
    pv_redis_reply_destroy(answer);
    return calls;
}

/* Starts the server and returns at once. */
static inline void real_redis_launch(void)
{
    real_redis_server = fork();
    if (real_redis_server == 0) {
        int nowhere = open("/dev/null", O_WRONLY);

        dup2(nowhere, STDOUT_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* no server outlives a failed test */
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", real_redis_socket,
               "--dir", real_redis_directory, "--save", "", (char *)NULL);
        _exit(127);
    }
}

/* Connects as soon as the server lets it; false when it does not for 10 s. */
static inline bool real_redis_wait(void)
{
    int64_t until_ms = 0;

    while (pv_redis_connect(redis, &error) != PV_OK)
        if (!look_again(&until_ms, 10000))
            return false;
    return true;
}

static inline void real_redis_kill(void)
{
    if (real_redis_server > 0) { /* -1 would be everybody */
        kill(real_redis_server, SIGKILL);
        waitpid(real_redis_server, NULL, 0);
    }
    unlink(real_redis_socket);
}

/* The set-up and the tear-down of a group of tests. */
static inline int real_redis_server_start(void **state)
{
    static struct pv_redis_options options = {.address = real_redis_address, .prefix = "pv:"};

    (void)state;
    strcpy(real_redis_directory, "/tmp/pv-unit-XXXXXX");
    if (mkdtemp(real_redis_directory) == NULL)
        return -1;
    snprintf(real_redis_socket, sizeof real_redis_socket, "%s/redis.sock", real_redis_directory);
    snprintf(real_redis_address, sizeof real_redis_address, "unix:%s", real_redis_socket);
    if (pv_redis_new(&options, &redis, &error) != PV_OK)
        return -1;
    real_redis_launch();
    return real_redis_wait() ? 0 : -1;
}

static inline int real_redis_server_stop(void **state)
{
    (void)state;
    pv_redis_destroy(redis);
    real_redis_kill();
    rmdir(real_redis_directory);
    return 0;
}

#endif
