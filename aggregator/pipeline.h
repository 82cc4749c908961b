/* A pipeline: one consumer of the group, the batches it fills, and the committer that takes them
 * to Redis.
 *
 *     poll → parse → batch of the partition → committer → Redis
 *
 * Consuming goes on while Redis works. Each partition has at most one open batch; the pool of
 * batches is bounded, and when it is empty fetching pauses while the group membership stays. */
#ifndef AGGREGATOR_PIPELINE_H
#define AGGREGATOR_PIPELINE_H

#include "aggregator/aggregator_metrics.h"
#include "aggregator/also_read/visit_feed.h"
#include "aggregator/kafka_rejects.h"
#include "aggregator/options.h"
#include "pageview/clock.h"

struct pv_pipeline_config {
    const struct pv_aggregator_options *options;
    const char *rejected_topic;
    const struct pv_clock *clock;
    struct pv_kafka_rejects *rejects; /* NULL: copies were made already */
    struct pv_aggregator_metrics *metrics;
    struct pv_visit_feed *visits; /* NULL: co-views are not counted */
    /* For a rebuild, or NULL. The counts that are to be replaced; descriptions and visitors are
     * written there. */
    const char *live_prefix;
    /* Called at each turn of the loop; `at_end`: all that was in the log at start is committed. */
    enum pv_status (*on_turn)(void *context, bool at_end, bool *end, struct pv_error *error);
    void *turn_context;
};

/* Runs until a stop is requested or, with --exit-at-end, the end is committed. What was consumed
 * is committed before it returns, if Redis is there within 3 s. */
enum pv_status pv_pipeline_run(const struct pv_pipeline_config *config,
                               struct pv_error *error) PV_MUST_CHECK;

#endif
