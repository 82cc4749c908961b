#include "dashboard_redis.h"

#include "redis_socket.h"
#include "test_pageview_support.h"

#include <pthread.h>
#include <signal.h>

#include "pageview/buffer.h"

struct scripted_redis {
    const struct scripted_step *steps;
    size_t count, done;
    struct redis_socket socket;
    struct pv_redis_options options;
    struct pv_redis *client;
    pthread_t thread;
    char complaint[1024]; /* empty: all went by the script */
};

/* Encodes one value of the script's notation; returns behind it. */
static const char *encode_value(const char *at, struct pv_buffer *out)
{
    size_t length;

    if (*at == '[') {
        struct pv_buffer elements = {0};
        size_t count = 0;

        for (at += 1 + strspn(at + 1, " "); *at != ']'; at += strspn(at, " "), count++)
            at = encode_value(at, &elements);
        pv_buffer_add_format(out, "*%zu\r\n", count);
        if (count > 0)
            pv_buffer_add(out, elements.data, elements.length);
        pv_buffer_clean_up(&elements);
        return at + 1;
    }
    length = strcspn(at, " ]");
    if (strchr("+:-", *at) == NULL)
        pv_buffer_add_format(out, "$%zu\r\n", length);
    pv_buffer_add(out, at, length);
    pv_buffer_add_text(out, "\r\n");
    return at + length;
}

static bool send_answer(FILE *stream, const char *notation)
{
    struct pv_buffer answer = {0};
    bool sent;

    if (notation[0] == '-')
        pv_buffer_add_format(&answer, "%s\r\n", notation);
    else
        encode_value(notation, &answer);
    fseek(stream, 0, SEEK_CUR); /* from reading to writing */
    sent = fwrite(answer.data, 1, answer.length, stream) == answer.length && fflush(stream) == 0;
    pv_buffer_clean_up(&answer);
    return sent;
}

/* Reads one command as words with a space between; false at the end of the connection. */
static bool read_command(FILE *stream, char *text, size_t size)
{
    char line[64];
    size_t at = 0;
    long words;

    if (fgets(line, sizeof line, stream) == NULL)
        return false;
    words = strtol(line + 1, NULL, 10);
    for (long i = 0; i < words; i++) {
        size_t length;

        if (fgets(line, sizeof line, stream) == NULL)
            return false;
        length = (size_t)strtol(line + 1, NULL, 10);
        if (at + length + 2 > size || fread(text + at, 1, length, stream) != length ||
            fgets(line, sizeof line, stream) == NULL)
            return false;
        at += length;
        text[at++] = ' ';
    }
    text[at - 1] = '\0';
    return true;
}

static bool matches(const char *expected, const char *command)
{
    size_t length = strlen(expected);

    if (expected[length - 1] == '*')
        return strncmp(expected, command, length - 1) == 0;
    return strcmp(expected, command) == 0;
}

static void complain(struct scripted_redis *server, const char *expected, const char *got)
{
    snprintf(server->complaint, sizeof server->complaint,
             "step %zu: expected \"%.400s\", got \"%.400s\"", server->done, expected, got);
}

static void serve(struct scripted_redis *server, FILE *stream)
{
    char command[4096];

    while (server->complaint[0] == '\0' && read_command(stream, command, sizeof command)) {
        const struct scripted_step *step = &server->steps[server->done];

        if (server->done == server->count) {
            complain(server, "no more", command);
        } else if (!matches(step->command, command)) {
            complain(server, step->command, command);
        } else {
            server->done++;
            if (step->answer == NULL || !send_answer(stream, step->answer))
                return;
        }
    }
}

static void *run(void *context)
{
    struct scripted_redis *server = context;
    int connection;

    while ((connection = accept(server->socket.listener, NULL, NULL)) >= 0) {
        FILE *stream = fdopen(connection, "r+");

        setvbuf(stream, NULL, _IONBF, 0);
        serve(server, stream);
        fclose(stream);
    }
    return NULL;
}

struct scripted_redis *scripted_redis_start(const struct scripted_step *steps, size_t count,
                                            struct pv_redis **client)
{
    struct scripted_redis *server = calloc(1, sizeof *server);
    struct pv_error error;

    assert_non_null(server);
    server->steps = steps;
    server->count = count;
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    redis_socket_open(&server->socket);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    server->options = (struct pv_redis_options){.address = server->socket.address, .prefix = "pv:"};
    assert_int_equal(pv_redis_new(&server->options, &server->client, &error), PV_OK);
    *client = server->client;
    return server;
}

const struct pv_redis_options *scripted_redis_options(const struct scripted_redis *server)
{
    return &server->options;
}

void scripted_redis_finish(struct scripted_redis *server)
{
    char complaint[sizeof server->complaint];
    size_t done, count = server->count;

    pv_redis_destroy(server->client);
    redis_socket_stop(&server->socket);
    pthread_join(server->thread, NULL);
    redis_socket_close(&server->socket);
    memcpy(complaint, server->complaint, sizeof complaint);
    done = server->done;
    free(server);
    if (complaint[0] != '\0')
        fail_msg("%s", complaint);
    if (done != count)
        fail_msg("%zu of %zu commands came", done, count);
}
