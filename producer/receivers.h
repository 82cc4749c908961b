/* The sources that put views into the spool: HTTP, syslog and standard input, as far as they are
 * asked for. Each has a thread and a policy of its own. */
#ifndef PRODUCER_RECEIVERS_H
#define PRODUCER_RECEIVERS_H

#include "pageview/clock.h"
#include "producer/options.h"
#include "producer/policy.h"
#include "producer/producer_metrics.h"

struct pv_receivers;

/* Opens the spool and starts them. All arguments must outlive them. */
enum pv_status pv_receivers_new(const struct pv_producer_options *options,
                                const struct pv_policy_options *policy_options,
                                const struct pv_clock *clock, struct pv_producer_metrics *metrics,
                                struct pv_receivers **receivers,
                                struct pv_error *error) PV_MUST_CHECK;

/* Stops them; what they have accepted is in the spool. NULL is fine. */
void pv_receivers_destroy(struct pv_receivers *receivers);

/* True when nothing more will come: there is standard input at most, and it has ended. */
bool pv_receivers_have_ended(const struct pv_receivers *receivers);

#endif
