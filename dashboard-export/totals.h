/* The figures of the whole site, all from one moment. */
#ifndef DASHBOARD_EXPORT_TOTALS_H
#define DASHBOARD_EXPORT_TOTALS_H

#include "dashboard-export/count_list.h"
#include "dashboard-export/offsets.h"

/* All zero is empty. */
struct pv_totals {
    struct pv_offsets offsets;
    int64_t views;                 /* by people, all time */
    struct pv_count_list filtered; /* reason → events, all time */
    int64_t articles;              /* that were ever viewed */
    int64_t today_ms;              /* start of the UTC day */
    int64_t today_views;
    struct pv_count_list today_filtered;
};

/* Reads them in one transaction; they are always exact. On PV_OK the caller cleans up. */
enum pv_status pv_totals_read(struct pv_redis *redis, const char *prefix, int64_t now_ms,
                              struct pv_totals *totals, struct pv_error *error) PV_MUST_CHECK;
void pv_totals_clean_up(struct pv_totals *totals);

#endif
