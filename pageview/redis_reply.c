#include "pageview/redis_reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/redis_client.h"

enum { BLOCK_MAX = 65536, TEXT_GUESS = 16 };

struct pv_redis_reply {
    int kind; /* hiredis's REDIS_REPLY_… */
    union {
        size_t length; /* of the text or the array */
        int64_t number;
    };
    union {
        const char *text;             /* with a NUL behind it */
        struct pv_redis_reply *items; /* side by side */
    };
};

/* hiredis 1.x looks whether an answer is a message that nobody asked for. */
_Static_assert(offsetof(struct pv_redis_reply, kind) == offsetof(redisReply, type),
               "hiredis reads the kind as it does its own");

struct pv_reply_block {
    struct pv_reply_block *next; /* of the same answer */
    size_t used, size;
    _Alignas(struct pv_redis_reply) char bytes[]; /* the first block begins with the answer */
};

static size_t aligned(size_t size)
{
    const size_t unit = _Alignof(struct pv_redis_reply);

    return (size + unit - 1) / unit * unit;
}

static bool add_block(struct pv_reply_builder *builder, size_t size)
{
    struct pv_reply_block *block = malloc(sizeof *block + size);

    if (block == NULL)
        return false;
    *block = (struct pv_reply_block){.size = size};
    if (builder->last != NULL)
        builder->last->next = block;
    builder->last = block;
    builder->size += size;
    return true;
}

/* The next block has room for `size` bytes, or half of what the answer has so far. */
static bool grow(struct pv_reply_builder *builder, size_t size)
{
    size_t half = aligned(builder->size / 2);

    if (half > BLOCK_MAX)
        half = BLOCK_MAX;
    return add_block(builder, size > half ? size : half);
}

/* Memory of the answer in the making; NULL when there is none left. */
static void *take(struct pv_reply_builder *builder, size_t size)
{
    size_t whole = aligned(size);
    struct pv_reply_block *block;

    if (builder->last->size - builder->last->used < whole && !grow(builder, whole))
        return NULL;
    block = builder->last;
    block->used += whole;
    return block->bytes + block->used - whole;
}

/* The place of what the task is about: in its array, or at the start of a new answer, whose first
 * block has room for `size` bytes more. NULL when there is no memory; hiredis then frees the rest
 * of the answer. */
static struct pv_redis_reply *place_of(const redisReadTask *task, size_t size)
{
    struct pv_reply_builder *builder = task->privdata;

    if (task->parent != NULL)
        return &((struct pv_redis_reply *)task->parent->obj)->items[task->idx];
    *builder = (struct pv_reply_builder){NULL, 0};
    return add_block(builder, sizeof(struct pv_redis_reply) + aligned(size))
               ? take(builder, sizeof(struct pv_redis_reply))
               : NULL;
}

static void *create_text(const redisReadTask *task, char *bytes, size_t length)
{
    struct pv_redis_reply *reply = place_of(task, length + 1);
    char *text = reply != NULL ? take(task->privdata, length + 1) : NULL;

    if (text == NULL)
        return NULL;
    memcpy(text, bytes, length);
    text[length] = '\0';
    *reply = (struct pv_redis_reply){.kind = task->type, .length = length, .text = text};
    return reply;
}

static void *create_array_of(const redisReadTask *task, size_t count)
{
    size_t size = count * sizeof(struct pv_redis_reply);
    struct pv_redis_reply *reply = place_of(task, size + count * TEXT_GUESS);
    struct pv_redis_reply *items = reply != NULL ? take(task->privdata, size) : NULL;

    if (items == NULL)
        return NULL;
    *reply = (struct pv_redis_reply){.kind = REDIS_REPLY_ARRAY, .length = count, .items = items};
    return reply;
}

static void *create_number(const redisReadTask *task, long long number)
{
    struct pv_redis_reply *reply = place_of(task, 0);

    if (reply != NULL)
        *reply = (struct pv_redis_reply){.kind = REDIS_REPLY_INTEGER, .number = number};
    return reply;
}

static void *create_nil(const redisReadTask *task)
{
    struct pv_redis_reply *reply = place_of(task, 0);

    if (reply != NULL)
        *reply = (struct pv_redis_reply){.kind = REDIS_REPLY_NIL};
    return reply;
}

#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count)
{
    return create_array_of(task, count);
}

/* What only RESP 3 has, which is never asked for; hiredis reads it all the same. */
static void *create_double(const redisReadTask *task, double number, char *bytes, size_t length)
{
    (void)number;
    return create_text(task, bytes, length);
}

static void *create_bool(const redisReadTask *task, int number)
{
    return create_number(task, number);
}
#else
static void *create_array(const redisReadTask *task, int count)
{
    return create_array_of(task, (size_t)count);
}
#endif

static void destroy(void *reply)
{
    pv_redis_reply_destroy(reply);
}

void pv_reply_use(redisReader *reader, struct pv_reply_builder *builder)
{
    static redisReplyObjectFunctions functions = {
        .createString = create_text,
        .createArray = create_array,
        .createInteger = create_number,
        .createNil = create_nil,
        .freeObject = destroy,
#if HIREDIS_MAJOR >= 1
        .createDouble = create_double,
        .createBool = create_bool,
#endif
    };

    reader->fn = &functions;
    reader->privdata = builder;
}

void pv_redis_reply_destroy(struct pv_redis_reply *reply)
{
    struct pv_reply_block *block;

    if (reply == NULL)
        return;
    block = (struct pv_reply_block *)((char *)reply - offsetof(struct pv_reply_block, bytes));
    while (block != NULL) {
        struct pv_reply_block *next = block->next;

        free(block);
        block = next;
    }
}

const char *pv_redis_reply_text(const struct pv_redis_reply *reply, size_t *length)
{
    if (reply->kind != REDIS_REPLY_STRING && reply->kind != REDIS_REPLY_STATUS)
        return NULL;
    if (length != NULL)
        *length = reply->length;
    return reply->text;
}

int64_t pv_redis_reply_number(const struct pv_redis_reply *reply, int64_t fallback)
{
    char *end;
    long long number;

    if (reply->kind == REDIS_REPLY_INTEGER)
        return reply->number;
    if (reply->kind != REDIS_REPLY_STRING || reply->length == 0 ||
        strspn(reply->text, "-0123456789") != reply->length)
        return fallback;
    errno = 0;
    number = strtoll(reply->text, &end, 10);
    return *end == '\0' && errno == 0 ? number : fallback;
}

size_t pv_redis_reply_count(const struct pv_redis_reply *reply)
{
    return reply->kind == REDIS_REPLY_ARRAY ? reply->length : 0;
}

const char *pv_redis_reply_error(const struct pv_redis_reply *reply)
{
    return reply->kind == REDIS_REPLY_ERROR ? reply->text : NULL;
}

const struct pv_redis_reply *pv_redis_reply_at(const struct pv_redis_reply *reply, size_t i)
{
    return &reply->items[i];
}
