/* The files of the site's days: its minutes, hours and days, and what was filtered. */
#ifndef DASHBOARD_EXPORT_EXPORT_SITE_H
#define DASHBOARD_EXPORT_EXPORT_SITE_H

#include "dashboard-export/round.h"

/* site/<date>.json of the last days, and of the same day last week, so that today can be compared
 * with it from the first day on. By the clock that views are counted by. */
enum pv_status pv_export_site_days(struct pv_round *round) PV_MUST_CHECK;
/* site/hours.json and site/days.json, by the same clock. */
enum pv_status pv_export_site_history(struct pv_round *round) PV_MUST_CHECK;
/* filtered/<date>.json of the last days. */
enum pv_status pv_export_filtered(struct pv_round *round) PV_MUST_CHECK;

#endif
