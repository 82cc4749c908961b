/* The name of a time zone, "Europe/Berlin". */
#ifndef DASHBOARD_EXPORT_TIMEZONE_H
#define DASHBOARD_EXPORT_TIMEZONE_H

#include "pageview/status.h"

#define PV_TIMEZONE_DATABASE "/usr/share/zoneinfo"

/* PV_INVALID unless `name` is a zone of the database in the directory `database`. On a machine that
 * has none it only has to look like the name of one: 1 to 64 letters, digits, `/`, `_`, `-` and
 * `+`, with a letter first. */
enum pv_status pv_timezone_check(const char *name, const char *database,
                                 struct pv_error *error) PV_MUST_CHECK;

#endif
