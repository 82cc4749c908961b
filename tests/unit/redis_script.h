/* A client of Redis, and a server that follows a script for it. */
#ifndef PAGEVIEW_REDIS_SCRIPT_H
#define PAGEVIEW_REDIS_SCRIPT_H

#include "redis_socket.h"

#include <pthread.h>
#include <signal.h>

#include "pageview/redis_client.h"

/* What the client has to send next, and what it is answered. An answer of NULL closes the
 * connection; the exchange behind it happens on the next one. */
struct exchange {
    const char *request, *answer;
};

#define PING "*1\r\n$4\r\nPING\r\n"

static struct {
    pthread_t thread;
    struct redis_socket socket;
    const struct exchange *script; /* ends with a NULL request */
    bool followed;
    char wrong[512]; /* what came instead */
} server;

static struct pv_redis_options options;
static struct pv_redis *redis;
static struct pv_error error;

/* False at a connection's end, and when something else came. */
static inline bool receive_request(int connection, const char *request)
{
    size_t length = strlen(request), got = 0;
    char text[512];

    while (got < length) {
        ssize_t more = recv(connection, text + got, length - got, 0);

        if (more <= 0)
            break;
        got += (size_t)more;
    }
    if (got == length && memcmp(text, request, length) == 0)
        return true;
    memcpy(server.wrong, text, got);
    server.wrong[got] = '\0';
    return false;
}

static inline void *serve(void *unused)
{
    const struct exchange *step = server.script;

    while (step->request != NULL) {
        int connection = accept(server.socket.listener, NULL, NULL);
        bool open = connection >= 0;

        while (open && step->request != NULL) {
            if (!receive_request(connection, step->request)) {
                close(connection);
                return NULL;
            }
            open = step->answer != NULL;
            if (open)
                send(connection, step->answer, strlen(step->answer), MSG_NOSIGNAL);
            step++;
        }
        if (connection < 0)
            return NULL;
        close(connection);
    }
    server.followed = true;
    return unused;
}

static inline void start_server(const struct exchange *script)
{
    server.script = script;
    server.followed = false;
    server.wrong[0] = '\0';
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static inline void assert_followed(void)
{
    pv_redis_disconnect(redis);
    pthread_join(server.thread, NULL);
    if (!server.followed)
        fail_msg("the client went off the script: it sent \"%s\"", server.wrong);
}

static inline int set_up(void **state)
{
    (void)state;
    redis_socket_open(&server.socket);
    options = (struct pv_redis_options){.address = server.socket.address, .prefix = "pv:"};
    memset(&error, 0, sizeof error);
    return pv_redis_new(&options, &redis, &error) == PV_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    pv_redis_destroy(redis);
    redis = NULL;
    redis_socket_close(&server.socket);
    return 0;
}

static inline enum pv_status ping(struct pv_redis_reply **reply)
{
    return pv_redis_command_texts(redis, reply, &error, "PING", NULL);
}

/* A test with the client, connected at its first command, and the server's socket. */
#define connected(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* What the server answers ends the connection. */
static inline void assert_loses_connection(const char *answer)
{
    const struct exchange script[] = {{PING, answer}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    start_server(script);
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    assert_null(reply);
    assert_followed();
}

#endif
