#include "aggregator/ranker/lock.h"

#include <stdio.h>

#include "pageview/clock.h"
#include "pageview/keys.h"
#include "pageview/log.h"

static enum pv_status hold(struct pv_ranker_lock *lock, int ms, struct pv_error *error)
{
    char key[PV_KEY_SIZE], ttl[16];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_ranker(lock->prefix, key);
    snprintf(ttl, sizeof ttl, "%d", ms);
    lock->held = false;
    status = pv_redis_command_texts(lock->redis, &reply, error, "FCALL", "pv_hold", "1", key,
                                    lock->id, ttl, (char *)NULL);
    if (status != PV_OK)
        return status;
    lock->held = ms > 0 && pv_redis_reply_number(reply, 0) == 1;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

enum pv_status pv_ranker_lock_take(struct pv_ranker_lock *lock, struct pv_error *error)
{
    lock->renewed_ms = pv_monotonic_ms();
    return hold(lock, PV_RANKER_LOCK_MS, error);
}

enum pv_status pv_ranker_lock_keep(struct pv_ranker_lock *lock, struct pv_error *error)
{
    if (!lock->held || pv_monotonic_ms() - lock->renewed_ms < PV_RANKER_RENEW_MS)
        return PV_OK;
    return pv_ranker_lock_take(lock, error);
}

void pv_ranker_lock_release(struct pv_ranker_lock *lock)
{
    struct pv_error error;

    if (lock->held && hold(lock, 0, &error) != PV_OK)
        pv_log(PV_LOG_DEBUG, "ranker_lock_left", PV_TEXT("error", error.text));
}
