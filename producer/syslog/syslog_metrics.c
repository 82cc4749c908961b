#include "producer/syslog/syslog_metrics.h"

#include "pageview/log.h"

enum { PLAIN_ROWS = PV_SYSLOG_METRIC_ROWS - PV_SYSLOG_BAD_COUNT + 1 };

size_t pv_syslog_metrics_table(const struct pv_syslog_metrics *m,
                               struct pv_metric rows[PV_SYSLOG_METRIC_ROWS])
{
    const struct pv_metric plain[PLAIN_ROWS] = {
        {"pv_producer_syslog_messages_total", "counter", NULL, NULL, "Messages taken.",
         &m->messages},
        {"pv_producer_syslog_bytes_total", "counter", NULL, NULL, "Bytes of their texts.",
         &m->bytes},
        {"pv_producer_syslog_refused_total", "counter", NULL, NULL,
         "Messages lost because there was no room and they could not wait.", &m->refused},
        {"pv_producer_syslog_kernel_drops_total", "counter", NULL, NULL,
         "Datagrams lost because the socket's buffer was full.", &m->kernel_drops},
        {"pv_producer_syslog_waits_total", "counter", NULL, NULL,
         "Times that a connection was held back for want of room.", &m->waits},
        {"pv_producer_syslog_connections", "gauge", NULL, NULL, "Open TCP connections.",
         &m->connections},
        {"pv_producer_syslog_connections_refused_total", "counter", NULL, NULL,
         "TCP connections closed at once, being one too many.", &m->connections_refused},
        {"pv_producer_syslog_connections_idle_total", "counter", NULL, NULL,
         "TCP connections closed after a long silence.", &m->connections_idle},
    };
    size_t count = 0;

    for (; count < PLAIN_ROWS; count++)
        rows[count] = plain[count];
    for (enum pv_syslog_bad bad = PV_SYSLOG_GOOD + 1; bad < PV_SYSLOG_BAD_COUNT; bad++)
        rows[count++] = (struct pv_metric){"pv_producer_syslog_bad_total",
                                           "counter",
                                           "reason",
                                           pv_syslog_bad_name(bad),
                                           "What came and was no syslog message, by reason.",
                                           &m->bad[bad]};
    return count;
}

void pv_syslog_metrics_log(const struct pv_syslog_metrics *m)
{
    enum { PLAIN_FIELDS = 5 };
    struct pv_log_field fields[PLAIN_FIELDS + PV_SYSLOG_BAD_COUNT] = {
        PV_NUMBER("messages", pv_metric_get(&m->messages)),
        PV_NUMBER("refused", pv_metric_get(&m->refused)),
        PV_NUMBER("kernel_drops", pv_metric_get(&m->kernel_drops)),
        PV_NUMBER("connections_refused", pv_metric_get(&m->connections_refused)),
        PV_NUMBER("connections_idle", pv_metric_get(&m->connections_idle)),
    };

    for (enum pv_syslog_bad bad = PV_SYSLOG_GOOD + 1; bad < PV_SYSLOG_BAD_COUNT; bad++)
        fields[PLAIN_FIELDS + bad - 1] =
            PV_NUMBER(pv_syslog_bad_name(bad), pv_metric_get(&m->bad[bad]));
    pv_log_fields(PV_LOG_INFO, "syslog_closing", fields);
}
