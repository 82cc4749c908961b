/* The visitors of one HyperLogLog as a part of what pv_commit and pv_visit take.
 * docs/redis-schema.md has the layout. */
#ifndef AGGREGATOR_VISIT_SETS_H
#define AGGREGATOR_VISIT_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/hyperloglog.h"
#include "pageview/buffer.h"

/* How long the visitors of an article's day and of the site's minute are kept after its end, in ms.
 */
#define PV_KEEP_DAY_VISITORS_MS    (32 * PV_DAY_MS)
#define PV_KEEP_MINUTE_VISITORS_MS PV_HOUR_MS

struct pv_visit_set {
    uint64_t article; /* place in the call's articles from 1; 0: the site */
    uint32_t minute;  /* since the Unix epoch: the site's bucket, or the day's first minute */
    bool is_new;      /* there may be no key yet: it is told when it expires */
    bool exists;      /* there was one a moment ago */
};

/* When the time to be kept is over, in ms since the Unix epoch. */
int64_t pv_visit_set_expires_ms(uint32_t minute, bool of_site);

/* Appends the set, whose places have rising indexes, under `prefix`. Returns how many values that
 * are. */
uint32_t pv_visit_set_write(struct pv_buffer *bytes, const char *prefix,
                            const struct pv_visit_set *set, int64_t expiry_s,
                            const struct pv_hll_place *places, size_t count);

#endif
