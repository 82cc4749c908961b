/* From a hit that came by HTTP, syslog or a pipe to a line in the spool: policy, JSON, append. */
#ifndef PRODUCER_HIT_TO_SPOOL_H
#define PRODUCER_HIT_TO_SPOOL_H

#include "pageview/buffer.h"
#include "pageview/reason.h"
#include "pageview/spool.h"
#include "producer/policy.h"

/* For one thread; each has its own. All zero but the policy and the writer's spool is a fresh one.
 */
struct pv_hit_to_spool {
    struct pv_policy *policy;
    struct pv_spool_writer writer;
    struct pv_buffer lines; /* not yet appended */
    size_t count;
};

/* Adds the view of a hit to the lines to be appended. PV_REASON_NONE: a person's view;
 * PV_REASON_spider: a robot's, which is kept as well; any other reason: nothing is added. */
enum pv_reason pv_hit_to_spool_add(struct pv_hit_to_spool *to_spool, const struct pv_hit *hit);

/* Appends all that was added, in one write; whatever the result, there is nothing left to append.
 * PV_SPOOL_OK with nothing added. */
enum pv_spool_result pv_hit_to_spool_flush(struct pv_hit_to_spool *to_spool);

/* To be called every 100 ms or so, whether there was anything to append or not: syncs the spool if
 * that is due, and closes its segment. */
void pv_hit_to_spool_tick(struct pv_hit_to_spool *to_spool);

void pv_hit_to_spool_clean_up(struct pv_hit_to_spool *to_spool);

#endif
