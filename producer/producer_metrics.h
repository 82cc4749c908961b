/* What the producer counts about itself. */
#ifndef PRODUCER_PRODUCER_METRICS_H
#define PRODUCER_PRODUCER_METRICS_H

#include "pageview/metrics.h"
#include "pageview/reason.h"
#include "producer/http/collector_metrics.h"
#include "producer/stdin/stdin_source.h"
#include "producer/syslog/syslog_metrics.h"

/* hits = views + the sum over filtered, always: a line of a log or of the spool is counted when it
 * is committed, one that is received and is no view at once. What HTTP rejects is counted in
 * `http`. */
struct pv_producer_metrics {
    pv_metric_value hits, views, filtered[PV_REASON_COUNT];
    pv_metric_value commits, aborts, lost_segments, last_commit_ms, kafka_up;
    pv_metric_value followed, unread_bytes;
    pv_metric_value only_receives; /* 1 when receivers work and nothing is shipped; no row */
    struct pv_collector_metrics http;
    struct pv_syslog_metrics syslog;
    struct pv_stdin_metrics standard_input;
};

/* The table, one row a metric; it points into `metrics`. Without shipping nothing is known of
 * Kafka, so there is no row of it. */
#define PV_PRODUCER_METRIC_ROWS                                                                    \
    (10 + PV_REASON_COUNT + PV_COLLECTOR_METRIC_ROWS + PV_SYSLOG_METRIC_ROWS + PV_STDIN_METRIC_ROWS)
size_t pv_producer_metrics_table(const struct pv_producer_metrics *metrics, bool ships,
                                 struct pv_metric rows[PV_PRODUCER_METRIC_ROWS]);

/* The closing log line: hits, views and each reason that a hit can have. */
void pv_producer_metrics_log(const struct pv_producer_metrics *metrics);

#endif
