#include "dashboard-export/counts.h"

#include <stdio.h>
#include <string.h>

#include "dashboard-export/transaction.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"
#include "pageview/utf8.h"

struct source {
    struct pv_redis *redis;
    const char *key;
    char offsets_key[PV_KEY_SIZE];
    const struct pv_counts_target *target;
};

enum pv_status pv_counts_add_pairs(const struct pv_redis_reply *pairs, const char *key,
                                   const struct pv_counts_target *target, struct pv_error *error)
{
    size_t count = pv_redis_reply_count(pairs), foreign = 0;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i + 1 < count && status == PV_OK; i += 2) {
        size_t length = 0;
        const char *name = pv_redis_reply_text(pv_redis_reply_at(pairs, i), &length);
        int64_t views = pv_redis_reply_number(pv_redis_reply_at(pairs, i + 1), -1);

        if (name == NULL || views < 0 || !pv_utf8_is_valid(name, length))
            foreign++;
        else
            status = target->add(target->context, name, length, views, error);
    }
    if (foreign > 0)
        pv_log(PV_LOG_WARN, "foreign_fields", PV_TEXT("key", key), PV_NUMBER("fields", foreign));
    return status;
}

static enum pv_status read_small(struct source *source, struct pv_reading *reading,
                                 struct pv_error *error)
{
    const struct pv_read_command commands[] = {{.name = "HGETALL", .key = source->key},
                                               {.name = "HGETALL", .key = source->offsets_key}};
    struct pv_redis_reply *reply;
    enum pv_status status = pv_transaction_read(source->redis, commands, 2, &reply, error);

    if (status != PV_OK)
        return status;
    source->target->restart(source->target->context);
    reading->exists = pv_redis_reply_count(pv_redis_reply_at(reply, 0)) > 0;
    reading->exact = true;
    status = pv_counts_add_pairs(pv_redis_reply_at(reply, 0), source->key, source->target, error);
    if (status == PV_OK)
        status = pv_offsets_from_reply(pv_redis_reply_at(reply, 1), &reading->offsets, error);
    pv_redis_reply_destroy(reply);
    return status;
}

static enum pv_status ask_for_page(const struct source *source, const char *cursor,
                                   struct pv_error *error)
{
    char page[16];
    const char *arguments[] = {"HSCAN", source->key, cursor, "COUNT", page};

    snprintf(page, sizeof page, "%d", PV_COUNTS_PAGE);
    return pv_redis_send(source->redis, 5, arguments, NULL, error);
}

/* Takes the page that was asked for. The next one is asked for first, so that Redis makes it while
 * this one is looked at. `*is_asked` says whether there is one: else this was the last. */
static enum pv_status take_page(const struct source *source, bool *is_asked, struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    const char *next = NULL;
    enum pv_status status = pv_redis_receive(source->redis, &reply, error);

    *is_asked = false;
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) == 2)
        next = pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL);
    if (next == NULL) {
        status = pv_error_set(error, PV_REFUSED, "Redis: HSCAN %s: an answer of another shape",
                              source->key);
    } else if (strcmp(next, "0") != 0) {
        status = ask_for_page(source, next, error);
        *is_asked = status == PV_OK;
    }
    if (status == PV_OK)
        status =
            pv_counts_add_pairs(pv_redis_reply_at(reply, 1), source->key, source->target, error);
    pv_redis_reply_destroy(reply);
    return status;
}

/* All that was asked for is received, also where nobody needs it any more. */
static void drop_page(const struct source *source)
{
    struct pv_redis_reply *reply = NULL;

    if (pv_redis_receive(source->redis, &reply, NULL) == PV_OK)
        pv_redis_reply_destroy(reply);
}

static enum pv_status check_stop(const struct source *source, struct pv_error *error)
{
    return pv_stop_requested()
               ? pv_error_set(error, PV_UNAVAILABLE, "asked to stop while reading %s", source->key)
               : PV_OK;
}

static enum pv_status read_pages(struct source *source, struct pv_error *error)
{
    enum pv_status status = check_stop(source, error);
    bool is_asked;

    source->target->restart(source->target->context);
    if (status == PV_OK)
        status = ask_for_page(source, "0", error);
    is_asked = status == PV_OK;
    while (status == PV_OK && is_asked) {
        status = check_stop(source, error);
        if (status == PV_OK)
            status = take_page(source, &is_asked, error);
    }
    if (is_asked)
        drop_page(source);
    return status;
}

/* The offsets, and in the same moment whether the hash is there: it may have expired under us. */
static enum pv_status read_offsets(struct source *source, struct pv_offsets *offsets, bool *exists,
                                   struct pv_error *error)
{
    const struct pv_read_command commands[] = {{.name = "HLEN", .key = source->key},
                                               {.name = "HGETALL", .key = source->offsets_key}};
    struct pv_redis_reply *reply;
    enum pv_status status = pv_transaction_read(source->redis, commands, 2, &reply, error);

    if (status != PV_OK)
        return status;
    *exists = pv_redis_reply_number(pv_redis_reply_at(reply, 0), 0) > 0;
    status = pv_offsets_from_reply(pv_redis_reply_at(reply, 1), offsets, error);
    pv_redis_reply_destroy(reply);
    return status;
}

static enum pv_status read_large(struct source *source, struct pv_reading *reading,
                                 struct pv_error *error)
{
    struct pv_offsets after = {0};
    enum pv_status status = read_offsets(source, &after, &reading->exists, error);

    for (int i = 0; i < PV_COUNTS_TRIES && status == PV_OK && reading->exists && !reading->exact;
         i++) {
        pv_offsets_clean_up(&reading->offsets);
        reading->offsets = after;
        after = (struct pv_offsets){0};
        status = read_pages(source, error);
        if (status == PV_OK)
            status = read_offsets(source, &after, &reading->exists, error);
        reading->exact = status == PV_OK && pv_offsets_equal(&reading->offsets, &after);
    }
    pv_offsets_clean_up(&after);
    return status;
}

enum pv_status pv_counts_size(struct pv_redis *redis, const char *key, int64_t *fields,
                              struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    enum pv_status status = pv_redis_command_texts(redis, &reply, error, "HLEN", key, NULL);

    *fields = 0;
    if (status != PV_OK)
        return status;
    *fields = pv_redis_reply_number(reply, 0);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

enum pv_status pv_counts_read_sized(struct pv_redis *redis, const char *prefix, const char *key,
                                    int64_t fields, const struct pv_counts_target *target,
                                    struct pv_reading *reading, struct pv_error *error)
{
    struct source source = {.redis = redis, .key = key, .target = target};
    enum pv_status status;

    *reading = (struct pv_reading){0};
    if (fields == 0)
        return PV_OK;
    pv_key_offsets(prefix, source.offsets_key);
    status = fields <= PV_COUNTS_SMALL ? read_small(&source, reading, error)
                                       : read_large(&source, reading, error);
    if (status != PV_OK || !reading->exists)
        pv_reading_clean_up(reading);
    return status;
}

enum pv_status pv_counts_read(struct pv_redis *redis, const char *prefix, const char *key,
                              const struct pv_counts_target *target, struct pv_reading *reading,
                              struct pv_error *error)
{
    int64_t fields;
    enum pv_status status = pv_counts_size(redis, key, &fields, error);

    *reading = (struct pv_reading){0};
    if (status == PV_OK)
        status = pv_counts_read_sized(redis, prefix, key, fields, target, reading, error);
    return status;
}

void pv_reading_clean_up(struct pv_reading *reading)
{
    pv_offsets_clean_up(&reading->offsets);
    *reading = (struct pv_reading){0};
}
