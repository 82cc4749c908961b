#include "dashboard-export/moment.h"

#include "pageview/bucket.h"
#include "pageview/keys.h"

int64_t pv_moment_clock_ms(int64_t now_ms, int64_t ranked_ms, int64_t ranking_clock_ms)
{
    int64_t clock_ms = now_ms;

    if (ranked_ms >= 0 && ranking_clock_ms >= 0 && ranked_ms < PV_TIME_LIMIT_MS &&
        ranking_clock_ms < PV_TIME_LIMIT_MS)
        clock_ms = now_ms - (ranked_ms - ranking_clock_ms);
    return clock_ms >= 0 && clock_ms < PV_TIME_LIMIT_MS ? clock_ms : now_ms;
}

enum pv_status pv_moment_read(struct pv_redis *redis, const char *prefix, int64_t now_ms,
                              struct pv_moment *moment, struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    char key[PV_KEY_SIZE];
    enum pv_status status;
    int64_t caught_up_ms;

    pv_key_meta(prefix, key);
    status = pv_redis_command_texts(redis, &reply, error, "HMGET", key, PV_META_LAST_COMMIT_MS,
                                    PV_META_LAST_RANKING_MS, PV_META_RANKING_CLOCK_MS,
                                    PV_META_CAUGHT_UP_MS, NULL);
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) != 4) {
        pv_redis_reply_destroy(reply);
        return pv_error_set(error, PV_REFUSED, "Redis: HMGET %s: an answer of another shape", key);
    }
    moment->committed_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 0), -1);
    caught_up_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 3), -1);
    if (caught_up_ms > moment->committed_ms)
        moment->committed_ms = caught_up_ms;
    moment->clock_ms =
        pv_moment_clock_ms(now_ms, pv_redis_reply_number(pv_redis_reply_at(reply, 1), -1),
                           pv_redis_reply_number(pv_redis_reply_at(reply, 2), -1));
    pv_redis_reply_destroy(reply);
    return status;
}
