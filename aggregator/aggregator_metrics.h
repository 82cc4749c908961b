/* What the aggregator counts about itself. */
#ifndef AGGREGATOR_AGGREGATOR_METRICS_H
#define AGGREGATOR_AGGREGATOR_METRICS_H

#include "aggregator/also_read/also_read.h"
#include "aggregator/ranker/ranker.h"
#include "pageview/metrics.h"
#include "pageview/reason.h"

struct pv_aggregator_metrics {
    pv_metric_value events, views, filtered[PV_REASON_COUNT];
    pv_metric_value commits, already, stale, redis_errors;
    pv_metric_value replayed, rejects_lost, offset_below_log_start;
    pv_metric_value articles_refused, facts_refused, repeats_forgotten;
    pv_metric_value partitions, lag, far_behind, last_commit_ms, redis_up, event_clock_ms;
    pv_metric_value started; /* pipelines that count what the group gave them, if only in reserve */
    struct pv_ranker_metrics ranker;
    struct pv_also_read_metrics also_read;
};

/* The table, one row a metric; it points into `metrics`. */
#define PV_AGGREGATOR_METRIC_ROWS (33 + PV_REASON_COUNT)
size_t pv_aggregator_metrics_table(const struct pv_aggregator_metrics *metrics,
                                   struct pv_metric rows[PV_AGGREGATOR_METRIC_ROWS]);

#endif
