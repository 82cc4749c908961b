/* What the syslog receiver counts about itself. */
#ifndef PRODUCER_SYSLOG_SYSLOG_METRICS_H
#define PRODUCER_SYSLOG_SYSLOG_METRICS_H

#include "pageview/metrics.h"
#include "producer/syslog/message.h"

/* received = messages + refused + the sum over bad + what waits for room in open connections.
 * What the kernel dropped was never received. */
struct pv_syslog_metrics {
    pv_metric_value messages, bytes; /* taken; bytes of their texts */
    pv_metric_value bad[PV_SYSLOG_BAD_COUNT];
    pv_metric_value refused;      /* no room for them, and they could not wait: UDP, or the end */
    pv_metric_value kernel_drops; /* datagrams that found the socket's buffer full */
    pv_metric_value waits;        /* times that a connection began to wait for room */
    pv_metric_value connections;  /* open now */
    pv_metric_value connections_refused, connections_idle; /* one too many; closed for silence */
};

/* The table, one row a metric; it points into `metrics`. */
#define PV_SYSLOG_METRIC_ROWS (8 + PV_SYSLOG_BAD_COUNT - 1)
size_t pv_syslog_metrics_table(const struct pv_syslog_metrics *metrics,
                               struct pv_metric rows[PV_SYSLOG_METRIC_ROWS]);

/* A log line with all of them, event=syslog_closing. */
void pv_syslog_metrics_log(const struct pv_syslog_metrics *metrics);

#endif
