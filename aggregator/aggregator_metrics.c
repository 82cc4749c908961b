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
        {"pv_aggregator_articles_refused_total", "counter", NULL, NULL,
         "New articles over the hour's limit, counted under (other).", &m->articles_refused},
        {"pv_aggregator_facts_refused_total", "counter", NULL, NULL,
         "Descriptions and visitors that Redis refused.", &m->facts_refused},
        {"pv_aggregator_repeats_forgotten_total", "counter", NULL, NULL,
         "Visits forgotten within the window of --dedupe: its memory is too small.",
         &m->repeats_forgotten},
        {"pv_aggregator_event_clock_milliseconds", "gauge", NULL, NULL,
         "The clock of --clock=event, in ms since the epoch.", &m->event_clock_ms},
        {"pv_aggregator_partitions", "gauge", NULL, NULL, "Partitions assigned.", &m->partitions},
        {"pv_aggregator_lag", "gauge", NULL, NULL,
         "Offsets between the end of the log and the counts, over the assigned partitions.",
         &m->lag},
        {"pv_aggregator_last_commit_milliseconds", "gauge", NULL, NULL,
         "Time of the last commit, in ms since the epoch.", &m->last_commit_ms},
        {"pv_ranker_refreshes_total", "counter", NULL, NULL,
         "Times the lists were brought up to date.", &m->ranker.refreshes},
        {"pv_ranker_rebuilds_total", "counter", NULL, NULL,
         "Times the sums were made anew from all buckets.", &m->ranker.rebuilds},
        {"pv_ranker_errors_total", "counter", NULL, NULL, "Failed tries to rank.",
         &m->ranker.errors},
        {"pv_ranker_lists_sent_total", "counter", NULL, NULL, "Lists that changed in Redis.",
         &m->ranker.lists_sent},
        {"pv_ranker_articles", "gauge", NULL, NULL, "Articles read in the last 30 days.",
         &m->ranker.articles},
        {"pv_ranker_articles_refused", "gauge", NULL, NULL,
         "Counts left out because of --max-ranked-articles.", &m->ranker.articles_refused},
        {"pv_ranker_refresh_microseconds", "gauge", NULL, NULL, "What the last refresh took.",
         &m->ranker.refresh_us},
        {"pv_ranker_redis_microseconds", "gauge", NULL, NULL, "What it waited for Redis's answers.",
         &m->ranker.redis_us},
        {"pv_ranker_last_ranking_milliseconds", "gauge", NULL, NULL,
         "Time of the last refresh, in ms since the epoch; 0 while another process ranks.",
         &m->ranker.last_ranking_ms},
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
