/* The program: rounds until it is told to stop, or one. */
#ifndef DASHBOARD_EXPORT_RUN_H
#define DASHBOARD_EXPORT_RUN_H

#include "dashboard-export/options.h"

/* Runs until a stop is asked for (PV_OK), or for one round with --once. Without --once only
 * PV_INVALID and PV_NOMEM at start end it: Redis away is tried again with back-off, and a file
 * that could not be written is tried again in the next round. `options` is a struct
 * pv_dashboard_options that was checked. */
enum pv_status pv_dashboard_run(void *options, struct pv_error *error) PV_MUST_CHECK;

#endif
