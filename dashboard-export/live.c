#include "dashboard-export/live.h"

#include <string.h>

#include "dashboard-export/transaction.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

/* The minutes may be of two days. */
enum answer { OFFSETS, TODAY, DAY_BEFORE, PEOPLE, ANSWERS };

#define MINUTE_FIELD_SIZE 6 /* "13:05" */

struct question {
    char keys[ANSWERS][PV_KEY_SIZE];
    char fields[PV_LIVE_MINUTES][MINUTE_FIELD_SIZE];
    const char *minutes[PV_LIVE_MINUTES];
    char visitors[PV_LIVE_NOW_MINUTES][PV_KEY_SIZE];
    const char *more_visitors[PV_LIVE_NOW_MINUTES - 1]; /* the first is the command's key */
};

static void make_question(const char *prefix, int64_t first_ms, int64_t clock_ms,
                          struct question *question)
{
    pv_key_offsets(prefix, question->keys[OFFSETS]);
    pv_key_site(prefix, clock_ms, question->keys[TODAY]);
    pv_key_site(prefix, first_ms, question->keys[DAY_BEFORE]);
    for (int i = 0; i < PV_LIVE_MINUTES; i++) {
        char name[PV_BUCKET_NAME_SIZE]; /* "2026-11-24T13:05" */

        pv_bucket_name(PV_BUCKET_MINUTE, first_ms + i * PV_MINUTE_MS, name);
        memcpy(question->fields[i], strchr(name, 'T') + 1, MINUTE_FIELD_SIZE);
        question->minutes[i] = question->fields[i];
    }
    for (int i = 0; i < PV_LIVE_NOW_MINUTES; i++) {
        int64_t back = i * PV_MINUTE_MS < clock_ms ? i * PV_MINUTE_MS : clock_ms;

        pv_key_site_visitors(prefix, clock_ms - back, question->visitors[i]);
        if (i > 0)
            question->more_visitors[i - 1] = question->visitors[i];
    }
}

static enum pv_status take(const struct pv_redis_reply *reply, struct pv_live *live,
                           int64_t clock_ms, struct pv_error *error)
{
    int64_t today_ms = pv_bucket_start_ms(PV_BUCKET_DAY, clock_ms);

    for (size_t i = 0; i < PV_LIVE_MINUTES; i++) {
        bool of_today = live->first_ms + (int64_t)i * PV_MINUTE_MS >= today_ms;
        const struct pv_redis_reply *day = pv_redis_reply_at(reply, of_today ? TODAY : DAY_BEFORE);

        if (pv_redis_reply_count(day) != PV_LIVE_MINUTES)
            return pv_error_set(error, PV_REFUSED,
                                "Redis: HMGET on the site's minutes: an answer of another shape");
        live->views[i] = pv_redis_reply_number(pv_redis_reply_at(day, i), 0);
        if (i >= PV_LIVE_MINUTES - PV_LIVE_NOW_MINUTES)
            live->recent_views += live->views[i];
    }
    live->recent_people = pv_redis_reply_number(pv_redis_reply_at(reply, PEOPLE), 0);
    return pv_offsets_from_reply(pv_redis_reply_at(reply, OFFSETS), &live->offsets, error);
}

enum pv_status pv_live_read(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                            struct pv_live *live, struct pv_error *error)
{
    int64_t minute_ms = pv_bucket_start_ms(PV_BUCKET_MINUTE, clock_ms);
    int64_t before_ms = (PV_LIVE_MINUTES - 1) * PV_MINUTE_MS;
    struct question question;
    const struct pv_read_command commands[ANSWERS] = {
        [OFFSETS] = {.name = "HGETALL", .key = question.keys[OFFSETS]},
        [TODAY] = {"HMGET", question.keys[TODAY], question.minutes, PV_LIVE_MINUTES},
        [DAY_BEFORE] = {"HMGET", question.keys[DAY_BEFORE], question.minutes, PV_LIVE_MINUTES},
        [PEOPLE] = {"PFCOUNT", question.visitors[0], question.more_visitors,
                    PV_LIVE_NOW_MINUTES - 1},
    };
    struct pv_redis_reply *reply;
    enum pv_status status;

    *live = (struct pv_live){.first_ms = minute_ms > before_ms ? minute_ms - before_ms : 0};
    make_question(prefix, live->first_ms, clock_ms, &question);
    status = pv_transaction_read(redis, commands, ANSWERS, &reply, error);
    if (status != PV_OK)
        return status;
    status = take(reply, live, clock_ms, error);
    pv_redis_reply_destroy(reply);
    return status;
}

void pv_live_clean_up(struct pv_live *live)
{
    pv_offsets_clean_up(&live->offsets);
}
