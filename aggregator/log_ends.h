/* When the counts are known to be complete: everything that the logs have is in them.
 *
 * While nothing comes, the brokers are asked every few seconds where the logs end. The end that
 * the last fetch saw would not do: it stays as it was while Kafka is away.
 *
 * A thread asks, since an answer may take its time: a broker answers the requests of a connection
 * in their order, and before it stands a fetch that waits for events; or Kafka is away. */
#ifndef AGGREGATOR_LOG_ENDS_H
#define AGGREGATOR_LOG_ENDS_H

#include "aggregator/kafka_consumer.h"
#include "aggregator/partitions.h"
#include "pageview/clock.h"

struct pv_log_ends;

/* Starts the thread. `consumer` and `clock`, the wall clock, must outlive it. */
enum pv_status pv_log_ends_new(struct pv_kafka_consumer *consumer, const struct pv_clock *clock,
                               struct pv_log_ends **ends, struct pv_error *error) PV_MUST_CHECK;
/* Ends the thread, after the answer that it waits for: two seconds at most. NULL is fine. */
void pv_log_ends_destroy(struct pv_log_ends *ends);

/* Has the brokers asked, when all assigned partitions are settled and the last question, by
 * `monotonic_ms`, is long enough ago. When an answer is there, sets `caught_up_ms` of every settled
 * partition whose log had nothing behind what is committed, to the time of the question. Returns
 * true while an answer is waited for; never waits itself. */
bool pv_log_ends_look(struct pv_log_ends *ends, struct pv_partitions *partitions,
                      int64_t monotonic_ms);

#endif
