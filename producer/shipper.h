/* The shipper: tails logs and delivers their views, with the position, to Kafka. */
#ifndef PRODUCER_SHIPPER_H
#define PRODUCER_SHIPPER_H

#include "pageview/clock.h"
#include "producer/options.h"
#include "producer/producer_metrics.h"

/* Runs until a stop is requested or, with --exit-at-end, all is committed. What a stop leaves
 * uncommitted is read again at the next start. */
enum pv_status pv_shipper_run(const struct pv_producer_options *options,
                              const struct pv_clock *clock, struct pv_producer_metrics *metrics,
                              struct pv_error *error) PV_MUST_CHECK;

#endif
