#include "aggregator/ranker/lock.h"

#include "aggregator/redis_lock.h"
#include "pageview/clock.h"
#include "pageview/keys.h"
#include "pageview/log.h"

static enum pv_status hold(struct pv_ranker_lock *lock, int ms, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    bool is_ours;
    enum pv_status status;

    pv_key_ranker(lock->prefix, key);
    status = pv_redis_lock_hold(lock->redis, key, lock->id, ms, &is_ours, error);
    lock->held = is_ours && ms > 0;
    return status;
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
