/* What Redis says of the time of its counts, read at the start of a round. */
#ifndef DASHBOARD_EXPORT_MOMENT_H
#define DASHBOARD_EXPORT_MOMENT_H

#include "pageview/redis_client.h"

struct pv_moment {
    /* When counts were last added, or known to be complete; negative: never. */
    int64_t committed_ms;
    int64_t clock_ms; /* now, by the clock that views are counted by */
};

/* That clock, when the wall's says `now_ms`: by --clock=event it is as far from it as it was at the
 * last ranking, which was at `ranked_ms` and of `ranking_clock_ms`. Without a ranking, when these
 * are negative or no times, it is the wall clock. */
int64_t pv_moment_clock_ms(int64_t now_ms, int64_t ranked_ms, int64_t ranking_clock_ms);

/* `now_ms` is the wall clock. */
enum pv_status pv_moment_read(struct pv_redis *redis, const char *prefix, int64_t now_ms,
                              struct pv_moment *moment, struct pv_error *error) PV_MUST_CHECK;

#endif
