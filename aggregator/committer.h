/* The committer: a thread that takes batches to Redis, in order for each partition, and does not
 * give up.
 *
 * A batch that Redis did not answer is sent again, which pv_commit makes safe. */
#ifndef AGGREGATOR_COMMITTER_H
#define AGGREGATOR_COMMITTER_H

#include "aggregator/aggregator_metrics.h"
#include "aggregator/batch.h"
#include "aggregator/commit_call.h"
#include "aggregator/kafka_rejects.h"
#include "pageview/clock.h"
#include "pageview/redis_client.h"

struct pv_committer_config {
    const struct pv_redis_options *redis;
    const struct pv_commit_context *context;
    const struct pv_clock *clock; /* the wall clock */
    size_t max_cells;
    struct pv_kafka_rejects *rejects;
    struct pv_aggregator_metrics *metrics;
};

struct pv_committer;

/* Starts the thread. `config` and what it points to must outlive the committer. */
enum pv_status pv_committer_new(const struct pv_committer_config *config,
                                struct pv_committer **committer,
                                struct pv_error *error) PV_MUST_CHECK;
/* Ends the thread; batches that it still has are destroyed uncommitted. */
void pv_committer_destroy(struct pv_committer *committer);

/* Hands a batch over, until it comes back as a result. */
void pv_committer_submit(struct pv_committer *committer, struct pv_batch *batch);

/* Next batch that Redis answered for, waiting up to `timeout_ms`; NULL: none. Its `stale` says
 * whether it is in the counts. */
struct pv_batch *pv_committer_next_result(struct pv_committer *committer, int timeout_ms);

/* Batches handed over and not come back. */
size_t pv_committer_pending(struct pv_committer *committer);

#endif
