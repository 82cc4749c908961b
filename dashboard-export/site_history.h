/* Views of the whole site in the last 60 days, hour by hour: what site/hours.json and
 * site/days.json say.
 *
 * Today and the day before are read in every round. Those before them hardly ever change, as only a
 * view that comes late does it: they are remembered, and two of them are read again in a round when
 * what is known of them is ten minutes old. A round reads four days at most then, the first one
 * reads all. Memory: 13 KB. */
#ifndef DASHBOARD_EXPORT_SITE_HISTORY_H
#define DASHBOARD_EXPORT_SITE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "dashboard-export/offsets.h"
#include "pageview/bucket.h"

enum { PV_SITE_DAYS = 60, PV_SITE_HOURS = 14 * 24, PV_SITE_DAY_HOURS = 24 };

/* How old what is known of a day before yesterday may be. */
#define PV_SITE_AGE_MS INT64_C(600000)

struct pv_site_day {
    bool is_known;
    int64_t day;     /* since 1970-01-01 */
    int64_t read_ms; /* monotonic */
    int64_t hours[PV_SITE_DAY_HOURS];
};

/* All zero knows nothing. */
struct pv_site_history {
    struct pv_site_day days[PV_SITE_DAYS]; /* day n is at n mod PV_SITE_DAYS */
};

/* Reads what has to be read; `clock_ms` is in today, `all` reads every day again. On PV_OK
 * `*offsets` are those of today and of the days that were read with it, and the caller cleans them
 * up. */
enum pv_status pv_site_history_read(struct pv_site_history *history, struct pv_redis *redis,
                                    const char *prefix, int64_t clock_ms, int64_t monotonic_ms,
                                    bool all, struct pv_offsets *offsets,
                                    struct pv_error *error) PV_MUST_CHECK;

/* The views of the last hours or days, the oldest first; that of `clock_ms` is the last. */
void pv_site_history_hours(const struct pv_site_history *history, int64_t clock_ms,
                           int64_t views[PV_SITE_HOURS]);
void pv_site_history_days(const struct pv_site_history *history, int64_t clock_ms,
                          int64_t views[PV_SITE_DAYS]);

#endif
