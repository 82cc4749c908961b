/* The collector's metrics as rows for /metrics. */
#ifndef PRODUCER_HTTP_COLLECTOR_METRICS_H
#define PRODUCER_HTTP_COLLECTOR_METRICS_H

#include "producer/http/endpoints.h"

/* The table, one row a metric; it points into `metrics`. */
#define PV_COLLECTOR_METRIC_ROWS 20
size_t pv_collector_metrics_table(const struct pv_collector_metrics *metrics,
                                  struct pv_metric rows[PV_COLLECTOR_METRIC_ROWS]);

#endif
