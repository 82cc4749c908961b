/* "Also read": a thread that says which articles are read by the same people.
 *
 *     views that are counted → a sample of visits → pv:visits in Redis
 *     pv:visits → co-views → what changed → pv:also:<article>
 *
 * Every process does the first line for its pipelines. A lock lets one of them do the second, and
 * it begins with the visits that Redis still has.
 *
 * Nothing here is exactly once. Visits are told beside the counts and not with them: what a crash
 * loses is lost, and what is counted again after a fault may be told twice. */
#ifndef AGGREGATOR_ALSO_READ_ALSO_READ_H
#define AGGREGATOR_ALSO_READ_ALSO_READ_H

#include "aggregator/also_read/co_views.h"
#include "aggregator/also_read/visit_feed.h"
#include "pageview/clock.h"
#include "pageview/metrics.h"
#include "pageview/redis_client.h"

struct pv_also_read_metrics {
    pv_metric_value visit_bytes, lists_sent, errors;
    pv_metric_value halvings; /* of the sample of readers */
    pv_metric_value articles; /* that are counted here; 0: another process counts */
};

struct pv_also_read_config {
    const struct pv_redis_options *redis;
    const struct pv_clock *clock; /* the wall clock */
    int64_t interval_ms; /* between turns, each of which tells PV_VISIT_FEED_BYTES at most */
    struct pv_visit_feed *feed;
    struct pv_also_read_metrics *metrics;
};

struct pv_also_read;

/* Starts the thread. `config` and what it points to must outlive it. */
enum pv_status pv_also_read_new(const struct pv_also_read_config *config,
                                struct pv_also_read **also_read,
                                struct pv_error *error) PV_MUST_CHECK;

/* Ends the thread when all that was fed so far is in Redis, or soon when that fails. */
void pv_also_read_finish(struct pv_also_read *also_read);

/* Ends the thread. What was fed last is sent if Redis takes it. NULL is fine. */
void pv_also_read_destroy(struct pv_also_read *also_read);

#endif
