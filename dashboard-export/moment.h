/* What Redis says of the time of its counts, read at the start of a round. */
#ifndef DASHBOARD_EXPORT_MOMENT_H
#define DASHBOARD_EXPORT_MOMENT_H

#include "pageview/redis_client.h"

struct pv_moment {
    int64_t
        committed_ms; /* when counts were last added, or known to be complete; negative: never */
    int64_t clock_ms; /* now, by the clock that views are counted by */
};

/* `now_ms` is the wall clock. By --clock=event the counts' clock is as far from it as it was at the
 * last ranking; without a ranking it is the wall clock. */
enum pv_status pv_moment_read(struct pv_redis *redis, const char *prefix, int64_t now_ms,
                              struct pv_moment *moment, struct pv_error *error) PV_MUST_CHECK;

#endif
