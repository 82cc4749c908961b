/* A lock in Redis with one owner at a time, by the function pv_hold. It is free again when its
 * owner gives it back, or when it was not kept for the time that it was held for. */
#ifndef AGGREGATOR_REDIS_LOCK_H
#define AGGREGATOR_REDIS_LOCK_H

#include <stdbool.h>

#include "pageview/redis_client.h"

/* Takes or keeps the lock `key` for `ms`; 0 gives it back. `owner` is like no other owner's (see
 * random_id.h). `*is_ours` is false when another owner has it, and after a failure. Errors are
 * those of pv_redis_command. */
enum pv_status pv_redis_lock_hold(struct pv_redis *redis, const char *key, const char *owner,
                                  int ms, bool *is_ours, struct pv_error *error) PV_MUST_CHECK;

#endif
