/* Puts lists of co-views into Redis: pv:also:<article>, by the function pv_also. */
#ifndef AGGREGATOR_ALSO_READ_ALSO_PUBLISHER_H
#define AGGREGATOR_ALSO_READ_ALSO_PUBLISHER_H

#include "aggregator/also_read/co_views.h"
#include "pageview/buffer.h"
#include "pageview/redis_client.h"

/* A list that is not published again is gone after this time. */
#define PV_ALSO_KEEP_MS (INT64_C(8) * 86400000)

struct pv_also_publisher {
    struct pv_redis *redis;
    const char *prefix;
    struct pv_buffer entries; /* scratch */
};

void pv_also_publisher_clean_up(struct pv_also_publisher *publisher);

/* Publishes up to `max` lists of those that changed, in one round trip; `*sent` says how many they
 * were. After a failure some were, and `views` has to be doubted. `now_ms` is by Redis's clock. */
enum pv_status pv_also_publish(struct pv_also_publisher *publisher, struct pv_co_views *views,
                               size_t max, int64_t now_ms, size_t *sent,
                               struct pv_error *error) PV_MUST_CHECK;

#endif
