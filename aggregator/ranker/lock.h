/* The lock that lets one of several rankers do the work.
 *
 * It saves work and nothing else: rankers that hold it at the same time publish the same lists. It
 * is free again PV_RANKER_LOCK_MS after its holder was last heard of. */
#ifndef AGGREGATOR_RANKER_LOCK_H
#define AGGREGATOR_RANKER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/redis_client.h"

#define PV_RANKER_LOCK_MS  5000
#define PV_RANKER_RENEW_MS 1000

struct pv_ranker_lock {
    struct pv_redis *redis;
    const char *prefix;
    const char *id; /* the holder's, like no other */
    bool held;
    int64_t renewed_ms; /* monotonic */
};

/* Takes or renews it; `lock->held` says whether it is ours now, and is false after a failure. */
enum pv_status pv_ranker_lock_take(struct pv_ranker_lock *lock,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Renews it when it is ours and was not renewed for PV_RANKER_RENEW_MS. To be called all through
 * long work, which others would begin too if the lock ran out. */
enum pv_status pv_ranker_lock_keep(struct pv_ranker_lock *lock,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Gives it back when it is ours. */
void pv_ranker_lock_release(struct pv_ranker_lock *lock);

#endif
