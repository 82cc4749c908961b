/* What happened on the site in the last hour, all of one moment. */
#ifndef DASHBOARD_EXPORT_LIVE_H
#define DASHBOARD_EXPORT_LIVE_H

#include "dashboard-export/offsets.h"

/* Minutes that are listed, and those of "now"; the one in progress is the last of both. */
enum { PV_LIVE_MINUTES = 60, PV_LIVE_NOW_MINUTES = 5 };

struct pv_live {
    struct pv_offsets offsets;
    int64_t first_ms;               /* start of the first minute */
    int64_t views[PV_LIVE_MINUTES]; /* of the site */
    int64_t recent_views;           /* of the last PV_LIVE_NOW_MINUTES */
    int64_t recent_people;          /* in these; an estimate of HyperLogLog */
};

/* `clock_ms` is a time (pageview/bucket.h) by the clock that views are counted by. On PV_OK the
 * caller cleans up. */
enum pv_status pv_live_read(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                            struct pv_live *live, struct pv_error *error) PV_MUST_CHECK;
void pv_live_clean_up(struct pv_live *live);

#endif
