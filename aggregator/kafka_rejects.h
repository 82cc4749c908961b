/* Copies of events that are no events, on the topic of rejected events: bytes untouched, with
 * headers that say why (pv-reason) and where from (pv-topic, pv-partition, pv-offset).
 *
 * A copy is on the brokers before the offset of its event is committed. After a crash an event
 * may be copied again; the headers tell copies apart. Safe from several threads. */
#ifndef AGGREGATOR_KAFKA_REJECTS_H
#define AGGREGATOR_KAFKA_REJECTS_H

#include "aggregator/kafka_consumer.h"
#include "pageview/metrics.h"
#include "pageview/reason.h"

struct pv_kafka_rejects;

/* `lost` counts copies that Kafka refused for good, such as too large ones. `topic`, `options` and
 * `lost` must outlive it. */
enum pv_status pv_kafka_rejects_new(const struct pv_kafka_options *options, const char *topic,
                                    pv_metric_value *lost, struct pv_kafka_rejects **rejects,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_kafka_rejects_destroy(struct pv_kafka_rejects *rejects);

/* Queues a copy; false: the queue is full (its bound is 16 MiB), try again later. */
bool pv_kafka_rejects_send(struct pv_kafka_rejects *rejects, const struct pv_kafka_message *message,
                           enum pv_reason reason);

/* Waits up to `timeout_ms` until all copies queued so far are on the brokers. */
bool pv_kafka_rejects_flush(struct pv_kafka_rejects *rejects, int timeout_ms);

#endif
