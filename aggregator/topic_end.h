/* Whether the whole topic is counted: also the partitions that other members of the group have. One
 * that was killed keeps its partitions until the group gives up waiting for it, and then they come
 * to this member, whose work is not done before that. */
#ifndef AGGREGATOR_TOPIC_END_H
#define AGGREGATOR_TOPIC_END_H

#include "aggregator/kafka_consumer.h"
#include "pageview/redis_client.h"

struct pv_topic_end {
    /* Set by the owner, and outlive it. */
    struct pv_kafka_consumer *consumer;
    struct pv_redis *redis;
    const char *prefix, *topic;

    int64_t *goals;    /* of each partition: its log's end when that was asked first; or NULL */
    int64_t ask_at_ms; /* monotonic; nobody is asked before */
};

void pv_topic_end_clean_up(struct pv_topic_end *end);

/* True when Redis has the offsets of all `partitions` at the ends that their logs had when this was
 * first called. Asks once a second; waits for Kafka's answer, two seconds at most, the first time.
 * False also when Kafka or Redis does not answer. `monotonic_ms` is now. */
bool pv_topic_end_is_counted(struct pv_topic_end *end, int32_t partitions, int64_t monotonic_ms);

#endif
