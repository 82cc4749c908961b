/* When the visits that wait in Redis are merged (waiting_visits.h). */
#ifndef AGGREGATOR_WAITING_TURNS_H
#define AGGREGATOR_WAITING_TURNS_H

#include "aggregator/aggregator_metrics.h"
#include "aggregator/commit_call.h"
#include "aggregator/partitions.h"
#include "pageview/clock.h"
#include "pageview/redis_client.h"
#include "pageview/stop.h"

struct pv_waiting_turns {
    /* Set by the owner, and outlive it. */
    struct pv_redis *redis;
    const struct pv_commit_context *context;
    const struct pv_clock *clock;
    struct pv_aggregator_metrics *metrics;
    bool exit_at_end; /* all is merged once all is counted: the ranker need not wait for it */

    bool counted;        /* set by the owner: every partition is counted to its goal */
    int64_t retry_at_ms; /* monotonic; nothing is tried before */
    struct pv_backoff backoff;
};

/* Merges those of the assigned partition if it is time: the log's end is near, or there are many. A
 * Redis that is away is tried again later. `monotonic_ms` is now. */
void pv_waiting_turn(struct pv_waiting_turns *turns, struct pv_partition *partition,
                     int64_t monotonic_ms);

/* Before a stop: so that they are seen at once, and not after the next start. */
void pv_waiting_end(struct pv_waiting_turns *turns, struct pv_partition *partition);

#endif
