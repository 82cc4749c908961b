#include "pageview/redis_client.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/address.h"
#include "pageview/keys.h"
#include "pageview/redis_reply.h"

enum {
    CONNECT_TIMEOUT_MS = 3000,
    /* A function call of the largest batch takes tens of ms, a rewrite of the append-only file
     * can stall Redis for seconds. Past this the connection counts as lost. */
    ANSWER_TIMEOUT_MS = 5000,
    ANSWER_BUFFER = 262144, /* bytes that are kept from one answer to the next: a page fits */
    ARGUMENTS_MAX = 16,     /* of pv_redis_command_texts */
    VERSION_MIN = 7,        /* functions */
    QUEUE_MAX = 65536,      /* bytes of commands that wait to be sent */
};

struct pv_redis {
    const struct pv_redis_options *options;
    redisContext *context;
    struct pv_reply_builder builder;
    char *password;
};

static enum pv_status read_password(const char *path, char **password, struct pv_error *error)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    bool read;

    if (file == NULL)
        return pv_error_set(error, PV_INVALID,
                            "--redis-password-file=%s: cannot read it: does it exist, and may "
                            "this user read it?",
                            path);
    read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    if (read)
        line[strcspn(line, "\r\n")] = '\0';
    if (!read || line[0] == '\0')
        return pv_error_set(error, PV_INVALID,
                            "--redis-password-file=%s: it is empty: put the password in its first "
                            "line",
                            path);
    *password = strdup(line);
    return *password != NULL ? PV_OK : pv_error_nomem(error, "the Redis password");
}

enum pv_status pv_redis_new(const struct pv_redis_options *options, struct pv_redis **redis,
                            struct pv_error *error)
{
    struct pv_redis *made;
    enum pv_status status = PV_OK;

    if (strlen(options->prefix) > PV_PREFIX_MAX)
        return pv_error_set(error, PV_INVALID, "--prefix=%s: takes %d bytes at most",
                            options->prefix, PV_PREFIX_MAX);
    if (options->user != NULL && options->password_file == NULL)
        return pv_error_set(error, PV_INVALID,
                            "--redis-user=%s: give its password with --redis-password-file",
                            options->user);
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "the Redis client");
    made->options = options;
    if (options->password_file != NULL)
        status = read_password(options->password_file, &made->password, error);
    if (status != PV_OK) {
        pv_redis_destroy(made);
        return status;
    }
    *redis = made;
    return PV_OK;
}

void pv_redis_destroy(struct pv_redis *redis)
{
    if (redis == NULL)
        return;
    pv_redis_disconnect(redis);
    free(redis->password);
    free(redis);
}

void pv_redis_disconnect(struct pv_redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
}

static struct timeval timeval_of_ms(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};
}

static redisContext *open_connection(const char *address)
{
    struct timeval timeout = timeval_of_ms(CONNECT_TIMEOUT_MS);
    struct pv_address tcp;

    if (strncmp(address, "unix:", 5) == 0)
        return redisConnectUnixWithTimeout(address + 5, timeout);
    if (!pv_address_parse(address, strlen(address), &tcp))
        return NULL;
    return redisConnectWithTimeout(tcp.host, tcp.port, timeout);
}

static enum pv_status lost(struct pv_redis *redis, struct pv_error *error)
{
    const char *why =
        redis->context != NULL && redis->context->err != 0 ? redis->context->errstr : "no memory";
    enum pv_status status =
        pv_error_set(error, PV_UNAVAILABLE, "Redis at %s: %s: is it running, and is --redis right?",
                     redis->options->address, why);

    pv_redis_disconnect(redis);
    return status;
}

static enum pv_status authenticate(struct pv_redis *redis, struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    enum pv_status status;

    if (redis->password == NULL)
        return PV_OK;
    if (redis->options->user != NULL)
        status = pv_redis_command_texts(redis, &reply, error, "AUTH", redis->options->user,
                                        redis->password, NULL);
    else
        status = pv_redis_command_texts(redis, &reply, error, "AUTH", redis->password, NULL);
    pv_redis_reply_destroy(reply);
    if (status == PV_REFUSED) { /* such as AUTH without any password configured */
        status = PV_INVALID;
        if (error != NULL)
            error->status = status;
    }
    if (status != PV_OK) /* or the next command would go out without a login */
        pv_redis_disconnect(redis);
    return status;
}

enum pv_status pv_redis_connect(struct pv_redis *redis, struct pv_error *error)
{
    if (redis->context != NULL && redis->context->err == 0)
        return PV_OK;
    pv_redis_disconnect(redis);
    redis->context = open_connection(redis->options->address);
    if (redis->context == NULL || redis->context->err != 0)
        return lost(redis, error);
    pv_reply_use(redis->context->reader, &redis->builder);
    redis->context->reader->maxbuf = ANSWER_BUFFER;
    if (redisSetTimeout(redis->context, timeval_of_ms(ANSWER_TIMEOUT_MS)) != REDIS_OK)
        return lost(redis, error);
    return authenticate(redis, error);
}

enum pv_status pv_redis_check_version(struct pv_redis *redis, struct pv_error *error)
{
    static const char name[] = "redis_version:";
    struct pv_redis_reply *reply = NULL;
    enum pv_status status = pv_redis_command_texts(redis, &reply, error, "INFO", "server", NULL);
    const char *info, *version;

    if (status != PV_OK)
        return status;
    info = pv_redis_reply_text(reply, NULL);
    version = info != NULL ? strstr(info, name) : NULL;
    if (version == NULL) {
        status = pv_error_set(error, PV_REFUSED, "Redis at %s: INFO does not say its version",
                              redis->options->address);
    } else if (strtol(version + strlen(name), NULL, 10) < VERSION_MIN) {
        version += strlen(name);
        status = pv_error_set(error, PV_INVALID,
                              "Redis at %s: it is version %.*s, and 7.0 or newer is needed",
                              redis->options->address, (int)strcspn(version, "\r\n"), version);
    }
    pv_redis_reply_destroy(reply);
    return status;
}

/* Leaves the command with hiredis, which sends it with what comes. */
static enum pv_status append(struct pv_redis *redis, int count, const char **arguments,
                             const size_t *lengths, struct pv_error *error)
{
    enum pv_status status = pv_redis_connect(redis, error);

    if (status != PV_OK)
        return status;
    if (redisAppendCommandArgv(redis->context, count, arguments, lengths) != REDIS_OK)
        return lost(redis, error);
    return PV_OK;
}

static enum pv_status flush(struct pv_redis *redis, struct pv_error *error)
{
    int written = 0;

    while (!written)
        if (redisBufferWrite(redis->context, &written) != REDIS_OK)
            return lost(redis, error);
    return PV_OK;
}

enum pv_status pv_redis_send(struct pv_redis *redis, int count, const char **arguments,
                             const size_t *lengths, struct pv_error *error)
{
    enum pv_status status = append(redis, count, arguments, lengths, error);

    /* Now, so that Redis works while the next command is made. */
    return status == PV_OK ? flush(redis, error) : status;
}

enum pv_status pv_redis_queue(struct pv_redis *redis, int count, const char **arguments,
                              const size_t *lengths, struct pv_error *error)
{
    enum pv_status status = append(redis, count, arguments, lengths, error);

    if (status != PV_OK || sdslen(redis->context->obuf) < QUEUE_MAX)
        return status;
    return flush(redis, error);
}

/* What an error answer means, by its first words; any other is PV_REFUSED. */
static const struct {
    const char *code;
    enum pv_status status;
    const char *advice;
} error_answers[] = {
    {"NOAUTH", PV_INVALID, "give the password with --redis-password-file"},
    {"WRONGPASS", PV_INVALID, "check --redis-user and --redis-password-file"},
    {"LOADING", PV_UNAVAILABLE, "it is reading its data; wait"},
    {"BUSY", PV_UNAVAILABLE, "a script of another client holds it"},
    {"OOM", PV_UNAVAILABLE, "raise maxmemory"},
    {"MISCONF", PV_UNAVAILABLE, "it cannot write its data to disk; see its log"},
    {"MASTERDOWN", PV_UNAVAILABLE, "the replica has no master"},
    {"READONLY", PV_UNAVAILABLE, "it is a replica; name the master in --redis"},
    {"NOREPLICAS", PV_UNAVAILABLE, "too few replicas are connected"},
    {"CLUSTERDOWN", PV_UNAVAILABLE, "the cluster is down"},
    {"ERR max number of clients", PV_UNAVAILABLE, "raise its maxclients"},
    {"NOPERM", PV_UNAVAILABLE, "its ACL does not allow this; see etc/redis/pageviews.acl"},
};

static enum pv_status classify(struct pv_redis *redis, const char *answer, struct pv_error *error)
{
    for (size_t i = 0; i < sizeof error_answers / sizeof error_answers[0]; i++) {
        size_t length = strlen(error_answers[i].code);

        if (strncmp(answer, error_answers[i].code, length) == 0 && answer[length] == ' ')
            return pv_error_set(error, error_answers[i].status, "Redis at %s: %s: %s",
                                redis->options->address, answer, error_answers[i].advice);
    }
    return pv_error_set(error, PV_REFUSED, "Redis at %s: %s", redis->options->address, answer);
}

enum pv_status pv_redis_receive(struct pv_redis *redis, struct pv_redis_reply **reply,
                                struct pv_error *error)
{
    void *answer = NULL;
    const char *refusal;

    *reply = NULL;
    if (redis->context == NULL)
        return pv_error_set(error, PV_UNAVAILABLE, "Redis at %s: the connection was lost",
                            redis->options->address);
    if (redisGetReply(redis->context, &answer) != REDIS_OK)
        return lost(redis, error);
    refusal = pv_redis_reply_error(answer);
    if (refusal != NULL) {
        enum pv_status status = classify(redis, refusal, error);

        pv_redis_reply_destroy(answer);
        return status;
    }
    *reply = answer;
    return PV_OK;
}

enum pv_status pv_redis_command(struct pv_redis *redis, int count, const char **arguments,
                                const size_t *lengths, struct pv_redis_reply **reply,
                                struct pv_error *error)
{
    enum pv_status status = pv_redis_send(redis, count, arguments, lengths, error);

    *reply = NULL;
    return status == PV_OK ? pv_redis_receive(redis, reply, error) : status;
}

enum pv_status pv_redis_command_texts(struct pv_redis *redis, struct pv_redis_reply **reply,
                                      struct pv_error *error, ...)
{
    const char *arguments[ARGUMENTS_MAX];
    int count = 0;
    va_list list;

    va_start(list, error);
    for (const char *text = va_arg(list, const char *); text != NULL && count < ARGUMENTS_MAX;
         text = va_arg(list, const char *))
        arguments[count++] = text;
    va_end(list);
    return pv_redis_command(redis, count, arguments, NULL, reply, error);
}
