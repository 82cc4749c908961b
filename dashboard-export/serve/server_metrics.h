/* What the server counts about itself. */
#ifndef DASHBOARD_EXPORT_SERVE_SERVER_METRICS_H
#define DASHBOARD_EXPORT_SERVE_SERVER_METRICS_H

#include "pageview/metrics.h"

enum { PV_STATUS_CLASSES = 5 };

struct pv_server_metrics {
    pv_metric_value requests[PV_STATUS_CLASSES]; /* [1]: answered with 2xx */
    pv_metric_value connections;
    pv_metric_value listeners;    /* connections that /events goes to */
    pv_metric_value live_refused; /* questions for an article that Redis was not asked */
};

/* The table, one row a metric; it points into `metrics`. */
#define PV_SERVER_ROWS 7
void pv_server_metrics_table(const struct pv_server_metrics *metrics,
                             struct pv_metric rows[PV_SERVER_ROWS]);

#endif
