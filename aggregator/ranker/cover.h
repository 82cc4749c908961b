/* Which closed buckets to read, so that every window holds each of its minutes once.
 *
 * Times are indexes since the Unix epoch: minutes, hours or days. At minute M the minutes M and
 * M-1 are open, and none of this file's business. */
#ifndef AGGREGATOR_RANKER_COVER_H
#define AGGREGATOR_RANKER_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/ranker/lists.h"
#include "pageview/bucket.h"

#define PV_HOUR_MINUTES INT64_C(60)
#define PV_DAY_HOURS    INT64_C(24)

struct pv_cover_read {
    int64_t index;
    enum pv_bucket_size size;
    unsigned windows; /* bits of the windows that it lies in, or that it leaves */
};

#define PV_COVER_READS_MAX (PV_1H_MINUTES + PV_7D_HOURS + PV_30D_DAYS + 1)

/* The buckets that make up all windows before the open minutes of `minute`, newest first within
 * each size: no minutes but those of 1h, days where a window holds all of their hours. Minutes are
 * kept for 2 hours and hours for 8 days, which is longer than they are asked for. */
size_t pv_cover_rebuild(int64_t minute, struct pv_cover_read reads[PV_COVER_READS_MAX]);

/* The buckets that leave a window between minute `from` and the later minute `to`; they are at most
 * 60 minutes apart. */
size_t pv_cover_leaving(int64_t from, int64_t to, struct pv_cover_read reads[PV_COVER_READS_MAX]);

/* Hour in which the bucket begins. */
int64_t pv_cover_hour(const struct pv_cover_read *read);

#endif
