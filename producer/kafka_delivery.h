/* Delivering events to Kafka together with the position in the log that they come from.
 *
 * Exactly once: events and positions are written in one transaction. At least once: events are
 * written by an idempotent producer, positions are committed after them.
 *
 * A position is the committed offset, and its metadata, of partition 0 of the topic in a consumer
 * group of its own: it lives where the events live, and is moved by the same commit. */
#ifndef PRODUCER_KAFKA_DELIVERY_H
#define PRODUCER_KAFKA_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/event.h"
#include "pageview/kafka_options.h"
#include "pageview/status.h"

struct pv_kafka_delivery;

/* `options` and `instance` must outlive it. */
enum pv_status pv_kafka_delivery_new(const struct pv_kafka_options *options, const char *instance,
                                     bool exactly_once, struct pv_kafka_delivery **delivery,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_kafka_delivery_destroy(struct pv_kafka_delivery *delivery);

/* Waits for the brokers and the topic, fences an older producer of this instance, and ends what
 * it left open. PV_UNAVAILABLE: try again; PV_INVALID, PV_LOST: do not. */
enum pv_status pv_kafka_delivery_open(struct pv_kafka_delivery *delivery,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Metadata committed for the group, "" when there is none. */
enum pv_status pv_kafka_delivery_position(struct pv_kafka_delivery *delivery, const char *group,
                                          char *metadata, size_t size,
                                          struct pv_error *error) PV_MUST_CHECK;

/* Begins what the next commit or abort ends. */
enum pv_status pv_kafka_delivery_begin(struct pv_kafka_delivery *delivery,
                                       struct pv_error *error) PV_MUST_CHECK;

/* Queues an event; both texts are copied. PV_UNAVAILABLE: the queue (64 MiB) is full, try again. */
enum pv_status pv_kafka_delivery_send(struct pv_kafka_delivery *delivery, struct pv_text key,
                                      struct pv_text value, int64_t timestamp_ms,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Serves the queue for up to `timeout_ms`. */
void pv_kafka_delivery_poll(struct pv_kafka_delivery *delivery, int timeout_ms);

/* Adds a position to what is begun, after its events. */
enum pv_status pv_kafka_delivery_set_position(struct pv_kafka_delivery *delivery, const char *group,
                                              int64_t offset, const char *metadata,
                                              struct pv_error *error) PV_MUST_CHECK;

/* Ends what was begun: all of it is visible, or none.
 * PV_UNAVAILABLE: not known yet, call it again. PV_REFUSED: abort and start over.
 * PV_LOST: another producer of this instance took over. */
enum pv_status pv_kafka_delivery_commit(struct pv_kafka_delivery *delivery,
                                        struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_kafka_delivery_abort(struct pv_kafka_delivery *delivery,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
