/* From a line that a source receives to a line in the spool. */
#ifndef PRODUCER_LINE_TO_SPOOL_H
#define PRODUCER_LINE_TO_SPOOL_H

#include "pageview/clock.h"
#include "pageview/spool.h"
#include "producer/line_to_event.h"
#include "producer/producer_metrics.h"
#include "producer/take_line.h"

/* For one thread at a time. What is counted when a line is shipped from the spool is not counted
 * here: only lines that are no views are. */
struct pv_line_to_spool {
    struct pv_line_to_event converter;
    struct pv_spool *spool;
    const struct pv_clock *clock;
    const char *rejects; /* --rejects, NULL: none */
    struct pv_producer_metrics *metrics;
    struct pv_buffer line;
};

/* Makes its policy, format and parser; the caller sets the rest. */
enum pv_status pv_line_to_spool_init(struct pv_line_to_spool *to_spool, const char *format,
                                     const struct pv_policy_options *policy_options,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_line_to_spool_clean_up(struct pv_line_to_spool *to_spool);

/* A pv_take_line whose context is a struct pv_line_to_spool. */
enum pv_take pv_line_to_spool_take(void *context, const char *line, size_t length);

#endif
