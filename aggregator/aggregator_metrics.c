#include "aggregator/aggregator_metrics.h"

size_t pv_aggregator_metrics_table(const struct pv_aggregator_metrics *m,
                                   struct pv_metric rows[PV_AGGREGATOR_METRIC_ROWS])
{
    const struct pv_metric plain[] = {
        {"pv_aggregator_events_total", "counter", NULL, NULL, "Events consumed.", &m->events},
        {"pv_aggregator_views_total", "counter", NULL, NULL, "Events counted as views.", &m->views},
        {"pv_aggregator_commits_total", "counter", NULL, NULL, "Batches that Redis took.",
         &m->commits},
        {"pv_aggregator_commits_already_total", "counter", NULL, NULL,
         "Batches sent again that Redis had taken already.", &m->already},
        {"pv_aggregator_commits_stale_total", "counter", NULL, NULL,
         "Batches dropped because Redis stands at another offset.", &m->stale},
        {"pv_aggregator_redis_errors_total", "counter", NULL, NULL,
         "Failed tries to commit to Redis.", &m->redis_errors},
        {"pv_aggregator_replayed_total", "counter", NULL, NULL,
         "Events skipped because they are in the counts already.", &m->replayed},
        {"pv_aggregator_rejects_lost_total", "counter", NULL, NULL,
         "Rejected events that could not be copied.", &m->rejects_lost},
        {"pv_aggregator_offset_below_log_start_total", "counter", NULL, NULL,
         "Events that Kafka deleted before they were counted.", &m->offset_below_log_start},
        {"pv_aggregator_partitions", "gauge", NULL, NULL, "Partitions assigned.", &m->partitions},
        {"pv_aggregator_lag", "gauge", NULL, NULL,
         "Offsets between the end of the log and the counts, over the assigned partitions.",
         &m->lag},
        {"pv_aggregator_last_commit_milliseconds", "gauge", NULL, NULL,
         "Time of the last commit, in ms since the epoch.", &m->last_commit_ms},
        {"pv_aggregator_redis_up", "gauge", NULL, NULL, "1 while Redis answers.", &m->redis_up},
    };
    size_t count = 0;

    for (; count < sizeof plain / sizeof plain[0]; count++)
        rows[count] = plain[count];
    for (int reason = PV_REASON_NONE + 1; reason < PV_REASON_COUNT; reason++)
        rows[count++] = (struct pv_metric){"pv_aggregator_filtered_total",
                                           "counter",
                                           "reason",
                                           pv_reason_name((enum pv_reason)reason),
                                           "Events not counted as views, by reason.",
                                           &m->filtered[reason]};
    return count;
}
