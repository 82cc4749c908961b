#include "dashboard-export/article_scan.h"

#include <stdio.h>
#include <string.h>

#include "pageview/keys.h"
#include "pageview/stop.h"

/* "13:05" */
enum { MINUTE_NAME_SIZE = 6 };

/* Reads the site's views of `count` minutes of one day, from `first_ms` on. */
static enum pv_status read_site_day(struct pv_redis *redis, const char *prefix, int64_t first_ms,
                                    size_t count, int64_t *views, struct pv_error *error)
{
    char key[PV_KEY_SIZE], names[PV_CHANGES_MINUTES][MINUTE_NAME_SIZE];
    const char *arguments[2 + PV_CHANGES_MINUTES] = {"HMGET", key};
    size_t lengths[2 + PV_CHANGES_MINUTES] = {strlen("HMGET"), pv_key_site(prefix, first_ms, key)};
    struct pv_redis_reply *reply;
    enum pv_status status;

    for (size_t i = 0; i < count; i++) {
        char bucket[PV_BUCKET_NAME_SIZE]; /* "2026-11-24T13:05" */

        pv_bucket_name(PV_BUCKET_MINUTE, first_ms + (int64_t)i * PV_MINUTE_MS, bucket);
        memcpy(names[i], bucket + strlen("2026-11-24T"), MINUTE_NAME_SIZE);
        arguments[2 + i] = names[i];
        lengths[2 + i] = MINUTE_NAME_SIZE - 1;
    }
    status = pv_redis_command(redis, (int)(2 + count), arguments, lengths, &reply, error);
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) != count)
        status = pv_error_set(error, PV_REFUSED, "HMGET %s: not an answer to each field", key);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        views[i] = pv_redis_reply_number(pv_redis_reply_at(reply, i), 0);
    pv_redis_reply_destroy(reply);
    return status;
}

static enum pv_status read_site(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                int64_t views[PV_CHANGES_MINUTES], struct pv_error *error)
{
    int64_t at_ms =
        pv_bucket_start_ms(PV_BUCKET_MINUTE, clock_ms) - (PV_CHANGES_MINUTES - 1) * PV_MINUTE_MS;
    enum pv_status status = PV_OK;
    size_t done = 0;

    for (; done < PV_CHANGES_MINUTES && at_ms < 0; at_ms += PV_MINUTE_MS)
        views[done++] = 0;
    while (done < PV_CHANGES_MINUTES && status == PV_OK) {
        int64_t end_ms = pv_bucket_start_ms(PV_BUCKET_DAY, at_ms) + PV_DAY_MS;
        size_t count = (size_t)((end_ms - at_ms) / PV_MINUTE_MS);

        if (count > PV_CHANGES_MINUTES - done)
            count = PV_CHANGES_MINUTES - done;
        status = read_site_day(redis, prefix, at_ms, count, views + done, error);
        done += count;
        at_ms = end_ms;
    }
    return status;
}

static enum pv_status read_page(struct pv_redis *redis, const char *key, const char *cursor,
                                struct pv_changes *changes, struct pv_error *error)
{
    const struct pv_counts_target target = pv_changes_target(changes);
    struct pv_redis_reply *reply;
    const char *next = NULL;
    char page[16];
    enum pv_status status;

    snprintf(page, sizeof page, "%d", PV_COUNTS_PAGE);
    status =
        pv_redis_command_texts(redis, &reply, error, "HSCAN", key, cursor, "COUNT", page, NULL);
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) == 2)
        next = pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL);
    if (next == NULL || strlen(next) >= PV_CHANGES_CURSOR_SIZE)
        status =
            pv_error_set(error, PV_REFUSED, "Redis: HSCAN %s: an answer of another shape", key);
    else
        status = pv_counts_add_pairs(pv_redis_reply_at(reply, 1), key, &target, error);
    if (status == PV_OK)
        pv_changes_page_done(changes, next);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_article_scan(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                               struct pv_changes *changes, struct pv_error *error)
{
    int64_t views[PV_CHANGES_MINUTES];
    struct pv_changes_scan scan;
    enum pv_status status = read_site(redis, prefix, clock_ms, views, error);

    if (status == PV_OK)
        status = pv_changes_begin(changes, clock_ms, views, error);
    while (status == PV_OK && pv_changes_next(changes, &scan)) {
        char key[PV_KEY_SIZE];

        if (pv_stop_requested())
            return pv_error_set(error, PV_UNAVAILABLE, "asked to stop while reading changes");
        if (scan.all)
            pv_key_views(prefix, key);
        else
            pv_key_views_bucket(prefix, PV_BUCKET_MINUTE, scan.minute_ms, key);
        status = read_page(redis, key, scan.cursor, changes, error);
    }
    return status;
}
