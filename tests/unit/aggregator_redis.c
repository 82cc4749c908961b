#include "aggregator_redis.h"

#include "redis_socket.h"
#include "test_pageview_support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { CALLS_MAX = 1024, FAULTS_MAX = 16, FIELDS_MAX = 32, WORDS_MAX = 1024, WORD_SIZE = 64 };

struct fence {
    struct redis_socket socket;
    struct pv_redis_options options;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t called;
    int connection; /* -1: none */
    bool ending;
    struct fence_call calls[CALLS_MAX];
    size_t call_count, loads;
    enum fence_fault faults[FAULTS_MAX];
    size_t fault_count, faults_used;
    bool has_no_function;
    struct {
        char field[64], offset[24];
    } stored[FIELDS_MAX];
    size_t stored_count;
};

/* A command's words; of long ones only the beginning is kept. */
struct command {
    size_t count;
    char words[WORDS_MAX][WORD_SIZE];
};

static bool read_word(FILE *stream, char word[WORD_SIZE])
{
    char line[32];
    long length;

    if (fgets(line, sizeof line, stream) == NULL)
        return false;
    length = strtol(line + 1, NULL, 10);
    for (long i = 0; i < length; i++) {
        int c = fgetc(stream);

        if (c == EOF)
            return false;
        if (i < WORD_SIZE - 1)
            word[i] = (char)c;
    }
    word[length < WORD_SIZE ? length : WORD_SIZE - 1] = '\0';
    return fgets(line, sizeof line, stream) != NULL;
}

static bool read_command(FILE *stream, struct command *command)
{
    char line[32];

    if (fgets(line, sizeof line, stream) == NULL)
        return false;
    command->count = (size_t)strtol(line + 1, NULL, 10);
    if (command->count > WORDS_MAX)
        return false;
    for (size_t i = 0; i < command->count; i++)
        if (!read_word(stream, command->words[i]))
            return false;
    return true;
}

static char *stored_offset(struct fence *fence, const char *field)
{
    size_t i = 0;

    while (i < fence->stored_count && strcmp(fence->stored[i].field, field) != 0)
        i++;
    if (i == fence->stored_count) {
        fence->stored_count++;
        snprintf(fence->stored[i].field, sizeof fence->stored[i].field, "%s", field);
        fence->stored[i].offset[0] = '\0';
    }
    return fence->stored[i].offset;
}

/* What pv_commit does about the offsets. */
static const char *pass_fence(char *stored, const struct fence_call *call)
{
    if (strcmp(stored, call->to) == 0)
        return "already";
    if (strcmp(stored, call->from) != 0)
        return "stale";
    memcpy(stored, call->to, sizeof call->to);
    return "ok";
}

/* Answers a call of pv_commit; false closes the connection. */
static bool answer_commit(struct fence *fence, const struct command *command, int connection)
{
    const char(*args)[WORD_SIZE] = &command->words[3 + strtol(command->words[2], NULL, 10)];
    struct fence_call *call = &fence->calls[fence->call_count++];
    bool fails = fence->faults_used < fence->fault_count;
    enum fence_fault fault = fails ? fence->faults[fence->faults_used] : FENCE_REFUSE;
    char *stored, answer[128];

    memcpy(call->field, args[0], sizeof call->field);
    memcpy(call->from, args[1], sizeof call->from);
    memcpy(call->to, args[2], sizeof call->to);
    if (fence->has_no_function) {
        fails = true;
        fault = FENCE_NO_FUNCTION;
    } else if (fails) {
        fence->faults_used++;
    }
    stored = stored_offset(fence, call->field);
    snprintf(call->answer, sizeof call->answer, "%s",
             fails && fault != FENCE_LOSE_REPLY ? "fault" : pass_fence(stored, call));
    pthread_cond_broadcast(&fence->called);
    snprintf(answer, sizeof answer, "*2\r\n+%s\r\n$%zu\r\n%s\r\n", call->answer, strlen(stored),
             stored);
    if (fails && (fault == FENCE_LOSE_CALL || fault == FENCE_LOSE_REPLY))
        return false;
    if (fails && fault == FENCE_SILENCE)
        return true;
    if (fails && fault == FENCE_REFUSE)
        snprintf(answer, sizeof answer, "-WRONGTYPE pv_commit: pv:views is a list, not a hash\r\n");
    if (fails && fault == FENCE_NO_FUNCTION) {
        fence->has_no_function = true;
        snprintf(answer, sizeof answer, "-ERR Function not found\r\n");
    }
    if (fails && fault == FENCE_ODD_ANSWER)
        snprintf(answer, sizeof answer, "*2\r\n+later\r\n$1\r\n0\r\n");
    return write(connection, answer, strlen(answer)) == (ssize_t)strlen(answer);
}

/* Of all hashes only that of the offsets is there. */
static bool answer_hget(struct fence *fence, const struct command *command, int connection)
{
    const char *stored =
        strcmp(command->words[1], "pv:offsets") == 0 ? stored_offset(fence, command->words[2]) : "";
    char answer[64] = "$-1\r\n";

    if (stored[0] != '\0')
        snprintf(answer, sizeof answer, "$%zu\r\n%s\r\n", strlen(stored), stored);
    return write(connection, answer, strlen(answer)) == (ssize_t)strlen(answer);
}

static bool answer_command(struct fence *fence, const struct command *command, int connection)
{
    const char *answer = "-ERR unknown command\r\n";

    if (strcmp(command->words[0], "FCALL") == 0)
        return answer_commit(fence, command, connection);
    if (strcmp(command->words[0], "HGET") == 0)
        return answer_hget(fence, command, connection);
    if (strcmp(command->words[0], "FCALL_RO") == 0)
        answer = fence->has_no_function ? "-ERR Function not found\r\n" : ":1\r\n";
    if (strcmp(command->words[0], "FUNCTION") == 0) {
        fence->loads++;
        fence->has_no_function = false;
        answer = "$9\r\npageviews\r\n";
    }
    return write(connection, answer, strlen(answer)) == (ssize_t)strlen(answer);
}

static void serve(struct fence *fence, int connection)
{
    FILE *stream = fdopen(dup(connection), "r");
    struct command *command = calloc(1, sizeof *command);
    bool open = true;

    while (open && read_command(stream, command)) {
        pthread_mutex_lock(&fence->lock);
        open = answer_command(fence, command, connection);
        pthread_mutex_unlock(&fence->lock);
    }
    free(command);
    (void)fclose(stream);
}

/* False when the fence is ending, and the connection has been closed by whoever said so. */
static bool set_connection(struct fence *fence, int connection)
{
    bool ending;

    pthread_mutex_lock(&fence->lock);
    fence->connection = connection;
    ending = fence->ending;
    pthread_mutex_unlock(&fence->lock);
    return !ending;
}

static void *run(void *context)
{
    struct fence *fence = context;
    int connection;

    while ((connection = accept(fence->socket.listener, NULL, NULL)) >= 0) {
        if (set_connection(fence, connection))
            serve(fence, connection);
        set_connection(fence, -1);
        close(connection);
    }
    return NULL;
}

struct fence *fence_start(void)
{
    struct fence *fence = calloc(1, sizeof *fence);

    assert_non_null(fence);
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    redis_socket_open(&fence->socket);
    fence->options = (struct pv_redis_options){.address = fence->socket.address, .prefix = "pv:"};
    fence->connection = -1;
    pthread_mutex_init(&fence->lock, NULL);
    pthread_cond_init(&fence->called, NULL);
    assert_int_equal(pthread_create(&fence->thread, NULL, run, fence), 0);
    return fence;
}

void fence_stop(struct fence *fence)
{
    if (fence == NULL)
        return;
    pthread_mutex_lock(&fence->lock);
    fence->ending = true;
    if (fence->connection >= 0)
        shutdown(fence->connection, SHUT_RDWR);
    pthread_mutex_unlock(&fence->lock);
    redis_socket_stop(&fence->socket);
    pthread_join(fence->thread, NULL);
    redis_socket_close(&fence->socket);
    pthread_cond_destroy(&fence->called);
    pthread_mutex_destroy(&fence->lock);
    free(fence);
}

const struct pv_redis_options *fence_options(const struct fence *fence)
{
    return &fence->options;
}

void fence_fail_next(struct fence *fence, enum fence_fault fault)
{
    pthread_mutex_lock(&fence->lock);
    fence->faults[fence->fault_count++] = fault;
    pthread_mutex_unlock(&fence->lock);
}

void fence_store(struct fence *fence, const char *field, const char *offset)
{
    pthread_mutex_lock(&fence->lock);
    snprintf(stored_offset(fence, field), sizeof fence->stored[0].offset, "%s", offset);
    pthread_mutex_unlock(&fence->lock);
}

void fence_wait_calls(struct fence *fence, size_t count, struct fence_call *calls)
{
    struct timespec until;
    size_t came;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&fence->lock);
    while (fence->call_count < count &&
           pthread_cond_timedwait(&fence->called, &fence->lock, &until) != ETIMEDOUT)
        continue;
    came = fence->call_count;
    memcpy(calls, fence->calls, (came < count ? came : count) * sizeof *calls);
    pthread_mutex_unlock(&fence->lock);
    if (came < count)
        fail_msg("%zu of %zu calls came", came, count);
}

size_t fence_loads(struct fence *fence)
{
    size_t loads;

    pthread_mutex_lock(&fence->lock);
    loads = fence->loads;
    pthread_mutex_unlock(&fence->lock);
    return loads;
}
