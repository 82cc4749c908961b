/* The shipper: follows logs and the spool and delivers their views, with the positions, to Kafka.
 */
#ifndef PRODUCER_SHIPPER_H
#define PRODUCER_SHIPPER_H

#include <stdbool.h>

#include "pageview/clock.h"
#include "producer/options.h"
#include "producer/policy.h"
#include "producer/producer_metrics.h"

/* Whether lines may still come that are not in a log or the spool yet. */
struct pv_shipper_end {
    bool (*is_near)(void *context); /* all that will come is there */
    void *context;
};

/* Runs until a stop is requested or, with --exit-at-end, the end is near (`end` NULL: it always is)
 * and all is committed. What a stop leaves uncommitted is read again at the next start. The state
 * directory and the spool's exist. */
enum pv_status pv_shipper_run(const struct pv_producer_options *options,
                              const struct pv_policy_options *policy_options,
                              const struct pv_clock *clock, const struct pv_shipper_end *end,
                              struct pv_producer_metrics *metrics,
                              struct pv_error *error) PV_MUST_CHECK;

#endif
