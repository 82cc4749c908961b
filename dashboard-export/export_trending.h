/* The files of the trending lists. */
#ifndef DASHBOARD_EXPORT_EXPORT_TRENDING_H
#define DASHBOARD_EXPORT_EXPORT_TRENDING_H

#include "dashboard-export/round.h"

/* Writes the lists that changed since they were written last, or whose ranks an hour ago did, and
 * removes the files of those that are no more. The six lists of the site always have a file. */
enum pv_status pv_export_trending(struct pv_round *round);

#endif
