#include "aggregator/redis_lock.h"

#include <stdio.h>

#include "pageview/clock.h"
#include "pageview/log.h"

enum pv_status pv_redis_lock_hold(struct pv_redis *redis, const char *key, const char *owner,
                                  int ms, bool *is_ours, struct pv_error *error)
{
    char ttl[16];
    struct pv_redis_reply *reply;
    enum pv_status status;

    snprintf(ttl, sizeof ttl, "%d", ms);
    *is_ours = false;
    status = pv_redis_command_texts(redis, &reply, error, "FCALL", "pv_hold", "1", key, owner, ttl,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    *is_ours = pv_redis_reply_number(reply, 0) == 1;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

enum pv_status pv_redis_lock_take(struct pv_redis_lock *lock, struct pv_error *error)
{
    lock->renewed_ms = pv_monotonic_ms();
    return pv_redis_lock_hold(lock->redis, lock->key, lock->owner, PV_REDIS_LOCK_MS, &lock->held,
                              error);
}

enum pv_status pv_redis_lock_keep(struct pv_redis_lock *lock, struct pv_error *error)
{
    if (!lock->held || pv_monotonic_ms() - lock->renewed_ms < PV_REDIS_LOCK_RENEW_MS)
        return PV_OK;
    return pv_redis_lock_take(lock, error);
}

void pv_redis_lock_release(struct pv_redis_lock *lock)
{
    struct pv_error error;
    bool was_ours;

    if (lock->held &&
        pv_redis_lock_hold(lock->redis, lock->key, lock->owner, 0, &was_ours, &error) != PV_OK)
        pv_log(PV_LOG_DEBUG, "lock_left", PV_TEXT("key", lock->key), PV_TEXT("error", error.text));
    lock->held = false;
}
