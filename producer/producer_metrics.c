#include "producer/producer_metrics.h"

#include "pageview/log.h"

/* The reasons that a hit can have, in the order of the policy's checks, then the agents'. */
static const enum pv_reason hit_reasons[] = {
#define X(name, meaning) PV_REASON_##name,
    PV_AGENT_REASON_TABLE(X) PV_HIT_REASON_TABLE(X)
#undef X
        PV_REASON_bad_article,
};
enum { HIT_REASONS = sizeof hit_reasons / sizeof hit_reasons[0] };

size_t pv_producer_metrics_table(const struct pv_producer_metrics *m, bool ships,
                                 struct pv_metric rows[PV_PRODUCER_METRIC_ROWS])
{
    const struct pv_metric plain[] = {
        {"pv_producer_hits_total", "counter", NULL, NULL, "Lines read and committed.", &m->hits},
        {"pv_producer_views_total", "counter", NULL, NULL, "Views sent.", &m->views},
        {"pv_producer_commits_total", "counter", NULL, NULL, "Transactions committed.",
         &m->commits},
        {"pv_producer_aborts_total", "counter", NULL, NULL, "Transactions aborted and sent again.",
         &m->aborts},
        {"pv_producer_lost_segments_total", "counter", NULL, NULL,
         "Log files that vanished before they were read to their end.", &m->lost_segments},
        {"pv_producer_last_commit_milliseconds", "gauge", NULL, NULL,
         "Time of the last commit, in ms since the epoch.", &m->last_commit_ms},
        {"pv_producer_followed", "gauge", NULL, NULL, "Logs, and the spool, that are followed.",
         &m->followed},
        {"pv_producer_unread_bytes", "gauge", NULL, NULL,
         "Bytes of the logs and the spool that are not shipped yet, at the last commit.",
         &m->unread_bytes},
    };
    const struct pv_metric kafka_up = {"pv_producer_kafka_up",         "gauge",     NULL, NULL,
                                       "1 while Kafka takes commits.", &m->kafka_up};
    size_t count = 0;

    for (; count < sizeof plain / sizeof plain[0]; count++)
        rows[count] = plain[count];
    if (ships)
        rows[count++] = kafka_up;
    for (size_t i = 0; i < HIT_REASONS; i++)
        rows[count++] = (struct pv_metric){"pv_producer_filtered_total",
                                           "counter",
                                           "reason",
                                           pv_reason_name(hit_reasons[i]),
                                           "Hits that are no views, by reason.",
                                           &m->filtered[hit_reasons[i]]};
    count += pv_collector_metrics_table(&m->http, rows + count);
    count += pv_syslog_metrics_table(&m->syslog, rows + count);
    count += pv_stdin_metrics_table(&m->standard_input, rows + count);
    return count;
}

void pv_producer_metrics_log(const struct pv_producer_metrics *metrics)
{
    struct pv_log_field fields[HIT_REASONS + 3] = {
        PV_NUMBER("hits", pv_metric_get(&metrics->hits)),
        PV_NUMBER("views", pv_metric_get(&metrics->views)),
    };

    for (size_t i = 0; i < HIT_REASONS; i++)
        fields[i + 2] = PV_NUMBER(pv_reason_name(hit_reasons[i]),
                                  pv_metric_get(&metrics->filtered[hit_reasons[i]]));
    pv_log_fields(PV_LOG_INFO, "closing", fields);
}
