/* What the exporter counts about itself. */
#ifndef DASHBOARD_EXPORT_PROGRESS_H
#define DASHBOARD_EXPORT_PROGRESS_H

#include "pageview/metrics.h"

struct pv_progress {
    pv_metric_value rounds_ok, rounds_failed;
    pv_metric_value written, unchanged, failed; /* files */
    pv_metric_value inexact;
    pv_metric_value written_bytes;
    pv_metric_value last_success_s; /* seconds since the Unix epoch */
    pv_metric_value redis_up;       /* 1: the last round reached Redis */
    pv_metric_value is_ready;       /* 1: no file failed in the last round; for /readyz */
};

/* The table, one row a metric; it points into `progress`. */
#define PV_PROGRESS_ROWS 9
void pv_progress_table(const struct pv_progress *progress, struct pv_metric rows[PV_PROGRESS_ROWS]);

#endif
