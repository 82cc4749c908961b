/* The merged HyperLogLogs that Redis does not have yet: nearly all of them, behind a long log. Each
 * is written whole with one SET, which takes Redis a fifth of what a function takes for it. */
#ifndef AGGREGATOR_VISIT_KEYS_H
#define AGGREGATOR_VISIT_KEYS_H

#include "aggregator/commit_facts.h"
#include "aggregator/visit_merge.h"
#include "pageview/redis_client.h"

/* Writes those of the sorted sets that have no key. `done`, one for each set and all false, becomes
 * true for them, and for those that are not to be written at all: their time to be kept is over, or
 * pv:views does not have the article. Statuses are those of redis_client.h, and PV_NOMEM; after an
 * error the connection is closed, and any of them may be written. */
enum pv_status pv_visit_keys_create(struct pv_redis *redis, const struct pv_commit_context *context,
                                    const struct pv_commit_time *time,
                                    const struct pv_visit_merge *merge, bool *done,
                                    struct pv_error *error) PV_MUST_CHECK;

#endif
