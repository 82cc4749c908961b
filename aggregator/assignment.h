/* The partitions that the group gave to this consumer, and where each is fetched from.
 *
 * Offsets come from Redis and are bounded by what the log has. Redis or Kafka may be away when
 * partitions are given, so fetching starts when both answer. */
#ifndef AGGREGATOR_ASSIGNMENT_H
#define AGGREGATOR_ASSIGNMENT_H

#include "aggregator/facts.h"
#include "aggregator/intake.h"
#include "aggregator/options.h"
#include "pageview/stop.h"

/* Batches in the pool: for each partition one open and one with the committer, and some more. */
#define PV_BATCHES_FOR(partitions) (2 * (partitions) + 8)

struct pv_assignment {
    /* Set by the owner, and outlive it. */
    const struct pv_aggregator_options *options;
    struct pv_kafka_consumer *consumer;
    struct pv_redis *redis;
    struct pv_intake *intake;
    struct pv_aggregator_metrics *metrics;
    struct pv_facts_origin origin;
    const char *live_prefix; /* of the counts that a rebuild replaces, or NULL */

    int32_t *granted; /* NULL while there is no assignment */
    size_t granted_count;
    bool start_pending, started;
    int64_t retry_at_ms; /* monotonic; nothing is tried before */
    struct pv_backoff backoff;
};

void pv_assignment_clean_up(struct pv_assignment *assignment);

/* The group gave these; pv_assignment_serve starts them. */
void pv_assignment_grant(struct pv_assignment *assignment, const int32_t *partitions, size_t count);

/* Nothing is assigned any more; what is not committed is void. */
void pv_assignment_revoke(struct pv_assignment *assignment);

/* Starts all of them again from what Redis has: fetching was paused, or the log has lost the place
 * where one was. */
void pv_assignment_restart(struct pv_assignment *assignment);

/* Starts and seeks what has to be, as far as Redis and Kafka answer. PV_LOST, PV_INVALID: it
 * cannot go on. */
enum pv_status pv_assignment_serve(struct pv_assignment *assignment,
                                   struct pv_error *error) PV_MUST_CHECK;

/* True when partitions were given and all of them are counted up to the end that their logs had
 * at that moment. */
bool pv_assignment_is_counted(const struct pv_assignment *assignment);
/* And no visits wait. */
bool pv_assignment_is_at_end(const struct pv_assignment *assignment);

#endif
