/* What the producer counts about itself. */
#ifndef PRODUCER_PRODUCER_METRICS_H
#define PRODUCER_PRODUCER_METRICS_H

#include "pageview/metrics.h"
#include "pageview/reason.h"

/* hits = views + the sum over filtered, always: a hit is counted when it is committed. */
struct pv_producer_metrics {
    pv_metric_value hits, views, filtered[PV_REASON_COUNT];
    pv_metric_value commits, aborts, lost_segments, last_commit_ms, kafka_up;
};

/* The table, one row a metric; it points into `metrics`. */
#define PV_PRODUCER_METRIC_ROWS (8 + PV_REASON_COUNT)
size_t pv_producer_metrics_table(const struct pv_producer_metrics *metrics,
                                 struct pv_metric rows[PV_PRODUCER_METRIC_ROWS]);

/* The closing log line: hits, views and each reason that a hit can have. */
void pv_producer_metrics_log(const struct pv_producer_metrics *metrics);

#endif
