/* When the counts are known to be complete: everything that the logs have is in them.
 *
 * While nothing comes, the brokers are asked every few seconds where the logs end. The end that
 * the last fetch saw would not do: it stays as it was while Kafka is away. */
#ifndef AGGREGATOR_LOG_ENDS_H
#define AGGREGATOR_LOG_ENDS_H

#include "aggregator/kafka_consumer.h"
#include "aggregator/partitions.h"
#include "pageview/clock.h"

struct pv_log_ends {
    int64_t asked_ms; /* monotonic */
    int32_t *ids;     /* scratch for one question */
    int64_t *ends;
    size_t size;
};

void pv_log_ends_clean_up(struct pv_log_ends *ends);

/* Sets `caught_up_ms` of every assigned partition whose log has nothing behind what is committed,
 * to the time by `clock`, before the question. Asks only when all of them are settled, and the last
 * question, by `monotonic_ms`, is long enough ago. Waits a second at most, less when an event
 * comes. */
void pv_log_ends_ask(struct pv_log_ends *ends, struct pv_kafka_consumer *consumer,
                     struct pv_partitions *partitions, const struct pv_clock *clock,
                     int64_t monotonic_ms);

#endif
