#include "aggregator/also_read/visit_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/random_id.h"
#include "pageview/keys.h"

enum { PAGE = 16 };

/* Names of an entry's fields. */
#define VISITS   "visits"
#define HALVINGS "halvings"

static enum pv_status read_key(struct pv_visit_stream *stream, const char *name, uint64_t *key,
                               struct pv_error *error)
{
    struct pv_redis_reply *reply;
    enum pv_status status =
        pv_redis_command_texts(stream->redis, &reply, error, "GET", name, (char *)NULL);
    const char *text;

    if (status != PV_OK)
        return status;
    text = pv_redis_reply_text(reply, NULL);
    *key = text != NULL ? strtoull(text, NULL, 16) : 0;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

static enum pv_status make_key(struct pv_visit_stream *stream, const char *name,
                               struct pv_error *error)
{
    char made[PV_RANDOM_ID_SIZE], ms[24];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_random_id(made);
    snprintf(ms, sizeof ms, "%" PRId64, PV_VISIT_STREAM_MS);
    status = pv_redis_command_texts(stream->redis, &reply, error, "SET", name, made, "NX", "PX", ms,
                                    (char *)NULL);
    if (status == PV_OK)
        pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_visit_stream_key(struct pv_visit_stream *stream, uint64_t *key,
                                   struct pv_error *error)
{
    char name[PV_KEY_SIZE];
    enum pv_status status;

    pv_key_visits_key(stream->prefix, name);
    status = read_key(stream, name, key, error);
    if (status != PV_OK || *key != 0)
        return status;
    status = make_key(stream, name, error);
    if (status == PV_OK)
        status = read_key(stream, name, key, error); /* another may have been first */
    if (status == PV_OK && *key == 0)
        status = pv_error_set(error, PV_REFUSED, "Redis: %s is no number: delete it", name);
    return status;
}

/* Adds the entry; `*added_ms` is Redis's time, which its answer begins with. */
static enum pv_status add_entry(struct pv_visit_stream *stream, const char *name,
                                const char *visits, size_t length, unsigned halvings,
                                int64_t *added_ms, struct pv_error *error)
{
    char entries[16], times[16];
    const char *arguments[] = {"XADD", name,     "MAXLEN", "~",    entries,
                               "*",    HALVINGS, times,    VISITS, visits};
    const size_t lengths[] = {
        strlen("XADD"),
        strlen(name),
        strlen("MAXLEN"),
        1,
        (size_t)snprintf(entries, sizeof entries, "%d", PV_VISIT_STREAM_ENTRIES),
        1,
        strlen(HALVINGS),
        (size_t)snprintf(times, sizeof times, "%u", halvings),
        strlen(VISITS),
        length};
    struct pv_redis_reply *reply;
    enum pv_status status = pv_redis_command(stream->redis, 10, arguments, lengths, &reply, error);
    const char *id;

    if (status != PV_OK)
        return status;
    id = pv_redis_reply_text(reply, NULL);
    *added_ms = id != NULL ? strtoll(id, NULL, 10) : 0;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* Removes entries that are older than a day, where few come, and all a day after the last. */
static enum pv_status forget_old(struct pv_visit_stream *stream, const char *name, int64_t now_ms,
                                 struct pv_error *error)
{
    char oldest[24], end[24];
    struct pv_redis_reply *reply;
    enum pv_status status;

    snprintf(oldest, sizeof oldest, "%" PRId64, now_ms - PV_VISIT_STREAM_MS);
    snprintf(end, sizeof end, "%" PRId64, now_ms + PV_VISIT_STREAM_MS);
    status =
        pv_redis_command_texts(stream->redis, &reply, error, "PEXPIREAT", name, end, (char *)NULL);
    if (status != PV_OK)
        return status;
    pv_redis_reply_destroy(reply);
    status = pv_redis_command_texts(stream->redis, &reply, error, "XTRIM", name, "MINID", oldest,
                                    (char *)NULL);
    if (status == PV_OK)
        pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_visit_stream_send(struct pv_visit_stream *stream, const char *visits,
                                    size_t length, unsigned halvings, struct pv_error *error)
{
    char name[PV_KEY_SIZE];
    int64_t added_ms;
    enum pv_status status;

    pv_key_visits(stream->prefix, name);
    status = add_entry(stream, name, visits, length, halvings, &added_ms, error);
    return status == PV_OK ? forget_old(stream, name, added_ms, error) : status;
}

static const struct pv_redis_reply *child(const struct pv_redis_reply *reply, size_t i)
{
    return reply != NULL && i < pv_redis_reply_count(reply) ? pv_redis_reply_at(reply, i) : NULL;
}

/* The value of a field in an entry's flat array, NULL when it has none. */
static const struct pv_redis_reply *value_of(const struct pv_redis_reply *fields, const char *name)
{
    for (size_t i = 0; child(fields, i + 1) != NULL; i += 2) {
        const char *text = pv_redis_reply_text(pv_redis_reply_at(fields, i), NULL);

        if (text != NULL && strcmp(text, name) == 0)
            return pv_redis_reply_at(fields, i + 1);
    }
    return NULL;
}

/* An entry that is of another hand is passed over. */
static void take_entry(struct pv_visit_stream *stream, const struct pv_redis_reply *entry,
                       const struct pv_visit_taker *taker)
{
    const struct pv_redis_reply *id = child(entry, 0), *fields = child(entry, 1);
    const struct pv_redis_reply *visits = value_of(fields, VISITS);
    const struct pv_redis_reply *times = value_of(fields, HALVINGS);
    int64_t halvings = times != NULL ? pv_redis_reply_number(times, -1) : -1;
    const char *cursor = id != NULL ? pv_redis_reply_text(id, NULL) : NULL;
    size_t length = 0;
    const char *bytes = visits != NULL ? pv_redis_reply_text(visits, &length) : NULL;

    if (cursor == NULL)
        return;
    snprintf(stream->cursor, sizeof stream->cursor, "%s", cursor);
    if (bytes != NULL && halvings >= 0 && halvings < 64)
        taker->take(taker->context, bytes, length, (unsigned)halvings, strtoll(cursor, NULL, 10));
}

enum pv_status pv_visit_stream_read(struct pv_visit_stream *stream,
                                    const struct pv_visit_taker *taker, bool *at_end,
                                    struct pv_error *error)
{
    char name[PV_KEY_SIZE], page[16];
    const struct pv_redis_reply *entries;
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_visits(stream->prefix, name);
    snprintf(page, sizeof page, "%d", PAGE);
    status = pv_redis_command_texts(stream->redis, &reply, error, "XREAD", "COUNT", page, "STREAMS",
                                    name, stream->cursor[0] != '\0' ? stream->cursor : "0",
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    entries = child(child(reply, 0), 1); /* nil when there are none */
    *at_end = child(entries, PAGE - 1) == NULL;
    for (size_t i = 0; child(entries, i) != NULL; i++)
        take_entry(stream, child(entries, i), taker);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}
