/* A lock in Redis with one owner at a time, by the function pv_hold. It is free again when its
 * owner gives it back, or when it was not kept for the time that it was held for. */
#ifndef AGGREGATOR_REDIS_LOCK_H
#define AGGREGATOR_REDIS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/keys.h"
#include "pageview/redis_client.h"

/* Takes or keeps the lock `key` for `ms`; 0 gives it back. `owner` is like no other owner's (see
 * random_id.h). `*is_ours` is false when another owner has it, and after a failure. Errors are
 * those of pv_redis_command. */
enum pv_status pv_redis_lock_hold(struct pv_redis *redis, const char *key, const char *owner,
                                  int ms, bool *is_ours, struct pv_error *error) PV_MUST_CHECK;

/* What lets one of several threads do a work that all could do: it saves work and nothing else.
 * Free again PV_REDIS_LOCK_MS after its holder was last heard of. */
#define PV_REDIS_LOCK_MS       5000
#define PV_REDIS_LOCK_RENEW_MS 1000

struct pv_redis_lock {
    struct pv_redis *redis;
    const char *owner;
    char key[PV_KEY_SIZE];
    bool held;
    int64_t renewed_ms; /* monotonic */
};

/* Takes or renews it; `lock->held` says whether it is ours now, and is false after a failure. */
enum pv_status pv_redis_lock_take(struct pv_redis_lock *lock, struct pv_error *error) PV_MUST_CHECK;

/* Renews it when it is ours and was not renewed for PV_REDIS_LOCK_RENEW_MS. To be called all
 * through long work, which others would begin too if the lock ran out. */
enum pv_status pv_redis_lock_keep(struct pv_redis_lock *lock, struct pv_error *error) PV_MUST_CHECK;

/* Gives it back when it is ours. */
void pv_redis_lock_release(struct pv_redis_lock *lock);

#endif
