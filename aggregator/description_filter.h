/* Which events say something new of their article: so that title, section and the time of the last
 * view are not written to Redis again for every view.
 *
 * A direct-mapped table of fixed size: an article that gives way to another is told once more,
 * which does no harm. Articles are told apart by a 64-bit hash: two of a million have the same with
 * a chance of 3 in 10^8, and then one of them may keep an older title for a while. */
#ifndef AGGREGATOR_DESCRIPTION_FILTER_H
#define AGGREGATOR_DESCRIPTION_FILTER_H

#include "pageview/event.h"
#include "pageview/status.h"

#include <stdbool.h>

#define PV_DESCRIPTION_FILTER_SLOTS 262144 /* of 32 bytes: 8 MiB */

struct pv_description_filter;

enum pv_status pv_description_filter_new(struct pv_description_filter **filter,
                                         struct pv_error *error) PV_MUST_CHECK;
void pv_description_filter_destroy(struct pv_description_filter *filter);

/* Fetches what is asked about the article next from memory, and does not wait for it. */
void pv_description_filter_prefetch(const struct pv_description_filter *filter, uint64_t hash);

/* True when the event is to be told: it is the article's first, or its first of a later hour, or
 * older than all before, or has another title or section. It is taken as told then. `hash` is that
 * of the article. */
bool pv_description_filter_tells(struct pv_description_filter *filter, uint64_t hash,
                                 const struct pv_event *event);

/* What was told may not be in Redis: all is told again. */
void pv_description_filter_forget(struct pv_description_filter *filter);

#endif
