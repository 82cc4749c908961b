#include "dashboard-export/totals.h"

#include <string.h>

#include "dashboard-export/transaction.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

enum answer { TOTALS, ARTICLES, SITE, FILTERED, OFFSETS, ANSWERS };

static enum pv_status read_list(const struct pv_redis_reply *pairs, const char *key,
                                struct pv_count_list *list, struct pv_error *error)
{
    const struct pv_counts_target target = pv_count_list_target(list);
    enum pv_status status = pv_counts_add_pairs(pairs, key, &target, error);

    pv_count_list_finish(list);
    return status;
}

/* Takes all views out of the totals hash, so that the reasons are left. */
static int64_t take_views(struct pv_count_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct pv_count *item = &list->items[i];
        int64_t views = item->count;

        if (item->length != strlen(PV_TOTALS_VIEWS) ||
            memcmp(item->name, PV_TOTALS_VIEWS, item->length) != 0)
            continue;
        list->count--;
        memmove(item, item + 1, (list->count - i) * sizeof *item);
        return views;
    }
    return 0;
}

static enum pv_status fill(const struct pv_redis_reply *reply,
                           const struct pv_read_command *commands, struct pv_totals *totals,
                           struct pv_error *error)
{
    struct pv_count_list site = {0};
    enum pv_status status =
        read_list(pv_redis_reply_at(reply, TOTALS), commands[TOTALS].key, &totals->filtered, error);

    totals->views = take_views(&totals->filtered);
    totals->articles = pv_redis_reply_number(pv_redis_reply_at(reply, ARTICLES), 0);
    if (status == PV_OK)
        status = read_list(pv_redis_reply_at(reply, SITE), commands[SITE].key, &site, error);
    totals->today_views = pv_count_list_sum(&site);
    pv_count_list_clean_up(&site);
    if (status == PV_OK)
        status = read_list(pv_redis_reply_at(reply, FILTERED), commands[FILTERED].key,
                           &totals->today_filtered, error);
    if (status == PV_OK)
        status = pv_offsets_from_reply(pv_redis_reply_at(reply, OFFSETS), &totals->offsets, error);
    return status;
}

enum pv_status pv_totals_read(struct pv_redis *redis, const char *prefix, int64_t now_ms,
                              struct pv_totals *totals, struct pv_error *error)
{
    char keys[ANSWERS][PV_KEY_SIZE];
    const struct pv_read_command commands[ANSWERS] = {
        [TOTALS] = {.name = "HGETALL", .key = keys[TOTALS]},
        [ARTICLES] = {.name = "HLEN", .key = keys[ARTICLES]},
        [SITE] = {.name = "HGETALL", .key = keys[SITE]},
        [FILTERED] = {.name = "HGETALL", .key = keys[FILTERED]},
        [OFFSETS] = {.name = "HGETALL", .key = keys[OFFSETS]},
    };
    struct pv_redis_reply *reply;
    enum pv_status status;

    *totals = (struct pv_totals){.today_ms = pv_bucket_start_ms(PV_BUCKET_DAY, now_ms)};
    pv_key_totals(prefix, keys[TOTALS]);
    pv_key_views(prefix, keys[ARTICLES]);
    pv_key_site(prefix, now_ms, keys[SITE]);
    pv_key_filtered(prefix, now_ms, keys[FILTERED]);
    pv_key_offsets(prefix, keys[OFFSETS]);
    status = pv_transaction_read(redis, commands, ANSWERS, &reply, error);
    if (status != PV_OK)
        return status;
    status = fill(reply, commands, totals, error);
    pv_redis_reply_destroy(reply);
    if (status != PV_OK)
        pv_totals_clean_up(totals);
    return status;
}

void pv_totals_clean_up(struct pv_totals *totals)
{
    pv_offsets_clean_up(&totals->offsets);
    pv_count_list_clean_up(&totals->filtered);
    pv_count_list_clean_up(&totals->today_filtered);
}
