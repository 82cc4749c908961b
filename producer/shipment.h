/* The delivery at hand: lines of what is followed, and the positions behind them, for Kafka to take
 * in one step or not at all. When Kafka refuses it, all is aborted and the sources are read again
 * from the last committed positions; so a line's count and its position never part. */
#ifndef PRODUCER_SHIPMENT_H
#define PRODUCER_SHIPMENT_H

#include "pageview/clock.h"
#include "pageview/stop.h"
#include "producer/following.h"
#include "producer/producer_metrics.h"

struct pv_shipment {
    /* Set by the owner, and outlive it. */
    const struct pv_producer_options *options;
    const struct pv_clock *clock;
    struct pv_producer_metrics *metrics;
    struct pv_following *following;
    struct pv_kafka_delivery *delivery;

    bool begun;
    bool renewing;                /* it has every position, also of sources without lines */
    int64_t begun_ms, renewed_ms; /* monotonic */
    struct pv_backoff after_abort;
    /* Its counts: they become metrics when it is committed. */
    int64_t hits, by_reason[PV_REASON_COUNT];
};

/* Retries `step` with back-off while Kafka is away. Returns PV_UNAVAILABLE when a stop was asked
 * for and `patience_ms` have passed since. */
enum pv_status pv_shipment_persist(struct pv_shipment *shipment, int64_t patience_ms,
                                   enum pv_status (*step)(void *context, struct pv_error *error),
                                   void *context, struct pv_error *error) PV_MUST_CHECK;

/* Lets those that are followed from `first` on go on from their committed positions. */
enum pv_status pv_shipment_restart(struct pv_shipment *shipment, size_t first,
                                   struct pv_error *error) PV_MUST_CHECK;

enum pv_status pv_shipment_begin(struct pv_shipment *shipment,
                                 struct pv_error *error) PV_MUST_CHECK;

/* Takes a line into the delivery that has begun. PV_REFUSED and PV_UNAVAILABLE: roll it back. */
enum pv_status pv_shipment_take(struct pv_shipment *shipment, struct pv_line_to_event *converter,
                                const struct pv_line *line, struct pv_error *error) PV_MUST_CHECK;

/* It is large or old enough. */
bool pv_shipment_is_due(const struct pv_shipment *shipment);

/* Adds the positions and commits; rolls back what Kafka refuses. */
enum pv_status pv_shipment_deliver(struct pv_shipment *shipment,
                                   struct pv_error *error) PV_MUST_CHECK;

/* A delivery of nothing but positions: those that Kafka would forget, and new ones. */
enum pv_status pv_shipment_renew(struct pv_shipment *shipment,
                                 struct pv_error *error) PV_MUST_CHECK;

/* Nothing of the delivery is to be seen; its lines are read again. `error` has why, and then what
 * failed, if the answer is not PV_OK. */
enum pv_status pv_shipment_roll_back(struct pv_shipment *shipment,
                                     struct pv_error *error) PV_MUST_CHECK;

/* Aborts what has begun, at the end: a consumer need not wait for it. */
void pv_shipment_give_up(struct pv_shipment *shipment);

#endif
