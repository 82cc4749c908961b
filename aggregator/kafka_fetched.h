/* Messages that librdkafka has fetched and nobody has taken yet, in their order. */
#ifndef AGGREGATOR_KAFKA_FETCHED_H
#define AGGREGATOR_KAFKA_FETCHED_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

enum { PV_KAFKA_FETCHED_MAX = 10000 };

/* All zero is an empty one. */
struct pv_kafka_fetched {
    size_t first, count; /* those in [first, count) are there */
    rd_kafka_message_t *items[PV_KAFKA_FETCHED_MAX];
};

/* The next one, which stays; NULL: none. */
rd_kafka_message_t *pv_kafka_fetched_next(const struct pv_kafka_fetched *fetched);
/* The one behind it. */
const rd_kafka_message_t *pv_kafka_fetched_behind(const struct pv_kafka_fetched *fetched);
/* Destroys the next one, which exists. */
void pv_kafka_fetched_take(struct pv_kafka_fetched *fetched);

/* Adds what the queue has, as far as there is room, waiting up to `timeout_ms` for the first. A
 * rebalance, which is served meanwhile, may drop messages. Returns the last that came, or NULL. */
const rd_kafka_message_t *pv_kafka_fetched_add(struct pv_kafka_fetched *fetched,
                                               rd_kafka_queue_t *queue, int timeout_ms);

void pv_kafka_fetched_drop(struct pv_kafka_fetched *fetched);
void pv_kafka_fetched_drop_partition(struct pv_kafka_fetched *fetched, int32_t partition);

#endif
