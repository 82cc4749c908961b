/* --top: a trending list as a table that is drawn again and again. */
#ifndef DASHBOARD_EXPORT_LIVE_TOP_H
#define DASHBOARD_EXPORT_LIVE_TOP_H

#include "dashboard-export/options.h"

/* With a terminal at stdout and without --once: draws until q or a signal. Redis away is shown and
 * tried again; PV_INVALID ends it. Otherwise: prints the table once, and fails when Redis does.
 * `options` was checked and has a list. */
enum pv_status pv_live_top_run(const struct pv_dashboard_options *options,
                               struct pv_error *error) PV_MUST_CHECK;

#endif
