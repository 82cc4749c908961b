#include "dashboard-export/exporter.h"

#include "dashboard-export/article_export.h"
#include "dashboard-export/article_file.h"
#include "dashboard-export/archive_export.h"
#include "dashboard-export/counts.h"
#include "dashboard-export/csv.h"
#include "dashboard-export/export_site.h"
#include "dashboard-export/export_trending.h"
#include "dashboard-export/index.h"
#include "dashboard-export/round.h"
#include "dashboard-export/web_files.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"

/* A top list of a bucket that is over for TOP_SETTLES_MS is read again every TOP_AGE_MS only. */
#define TOP_SETTLES_MS INT64_C(300000)
#define TOP_AGE_MS     INT64_C(600000)

void pv_exporter_init(struct pv_exporter *exporter, const struct pv_dashboard_options *options,
                      struct pv_redis *redis, struct pv_progress *progress)
{
    *exporter = (struct pv_exporter){.options = options,
                                     .redis = redis,
                                     .progress = progress,
                                     .ranks_saved_ms = -1,
                                     .tops_ms = -1,
                                     .week_day = -1};
    pv_directory_init(&exporter->directory, options->out);
    exporter->directory.gzip = options->gzip;
}

void pv_exporter_clean_up(struct pv_exporter *exporter)
{
    pv_article_files_destroy(exporter->article_files);
    pv_ranks_clean_up(&exporter->ranks);
    pv_count_list_clean_up(&exporter->sections);
    pv_directory_clean_up(&exporter->directory);
    pv_redis_destroy(exporter->archive_redis);
}

static enum pv_status export_top(struct pv_round *round, enum pv_bucket_size size, int64_t time_ms)
{
    const char *prefix = round->exporter->options->redis.prefix;
    char key[PV_KEY_SIZE], path[PV_LAYOUT_PATH_SIZE];
    struct pv_counts_target target;
    struct pv_reading reading = {0};
    struct pv_buffer text = {0};
    struct pv_error error;
    struct pv_top top;
    enum pv_status status = pv_top_init(&top, (size_t)round->exporter->options->limit, &error);

    pv_key_views_bucket(prefix, size, time_ms, key);
    pv_layout_top(size, time_ms, path);
    target = pv_top_target(&top);
    if (status == PV_OK)
        status =
            pv_counts_read(pv_archive_export_redis(round), prefix, key, &target, &reading, &error);
    if (status != PV_OK) {
        status = pv_round_settle(round, path, status, NULL, &error);
    } else if (reading.exists) {
        const struct pv_snapshot_about said = pv_round_about(round, &reading, path);

        pv_top_finish(&top);
        pv_snapshot_top(&text, &said, size, time_ms, &top);
        status = pv_round_publish(round, path, &text);
        if (status == PV_OK && round->exporter->options->csv) {
            pv_csv_top(&text, &top);
            status = pv_round_publish_csv(round, path, &text);
        }
    }
    pv_reading_clean_up(&reading);
    pv_top_clean_up(&top);
    return status;
}

/* What is over for a while changes only by views that come late. */
static bool is_settled(const struct pv_round *round, enum pv_bucket_size size, int64_t time_ms)
{
    return pv_bucket_start_ms(size, time_ms) + pv_bucket_length_ms(size) + TOP_SETTLES_MS <=
           round->now_ms;
}

/* `size` is a day or an hour; the newest bucket first. */
static enum pv_status export_tops(struct pv_round *round, enum pv_bucket_size size, int64_t buckets,
                                  bool all)
{
    enum pv_status status = PV_OK;

    for (int64_t i = 0; i < buckets && status == PV_OK && !pv_stop_requested(); i++) {
        int64_t time_ms = round->now_ms - i * pv_bucket_length_ms(size);

        if (all || !is_settled(round, size, time_ms))
            status = export_top(round, size, time_ms);
    }
    return status;
}

/* The hashes of days and hours are the largest after that of all articles. */
static enum pv_status export_days_and_hours(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    const struct pv_dashboard_options *options = exporter->options;
    bool all = options->once || exporter->tops_ms < 0 ||
               round->monotonic_ms - exporter->tops_ms >= TOP_AGE_MS;
    int64_t failed = pv_metric_get(&exporter->progress->failed);
    enum pv_status status = export_tops(round, PV_BUCKET_DAY, options->days, all);

    if (status == PV_OK)
        status = export_tops(round, PV_BUCKET_HOUR, options->hours, all);
    if (all && status == PV_OK && pv_metric_get(&exporter->progress->failed) == failed)
        exporter->tops_ms = round->monotonic_ms;
    return status;
}

static enum pv_status export_totals(struct pv_round *round)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_exporter *exporter = round->exporter;
    struct pv_buffer text = {0};
    struct pv_totals totals;
    struct pv_error error;
    enum pv_status status = pv_totals_read(exporter->redis, exporter->options->redis.prefix,
                                           round->now_ms, &totals, &error);

    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_TOTALS, status, NULL, &error);
    pv_snapshot_totals(&text, &stamp, &totals);
    pv_totals_clean_up(&totals);
    return pv_round_publish(round, PV_LAYOUT_TOTALS, &text);
}

static enum pv_status export_live(struct pv_round *round)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_exporter *exporter = round->exporter;
    struct pv_buffer text = {0};
    struct pv_live live;
    struct pv_error error;
    enum pv_status status = pv_live_read(exporter->redis, exporter->options->redis.prefix,
                                         round->moment.clock_ms, &live, &error);

    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_LIVE, status, NULL, &error);
    pv_snapshot_live(&text, &stamp, &live);
    pv_live_clean_up(&live);
    return pv_round_publish(round, PV_LAYOUT_LIVE, &text);
}

static enum pv_status export_index(struct pv_round *round)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    const struct pv_dashboard_options *options = round->exporter->options;
    const struct pv_snapshot_names names = {options->timezone, options->days, options->hours,
                                            &round->exporter->sections};
    struct pv_buffer text = {0};
    struct pv_index index;
    struct pv_error error;
    enum pv_status status = pv_index_scan(&round->exporter->directory, &index, &error);

    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_INDEX, status, NULL, &error);
    pv_snapshot_index(&text, &stamp, &names, &index);
    pv_index_clean_up(&index);
    return pv_round_publish(round, PV_LAYOUT_INDEX, &text);
}

/* A new snapshot is a row. The list of all articles and the files of articles are made beside the
 * rows between their start and their end. Days and hours are asked for when that list was read: it
 * takes longest to make. The index is last: it lists what the others wrote. */
static enum pv_status (*const exports[])(struct pv_round *round) = {
    pv_web_files_export,
    export_totals,
    export_live,
    pv_export_site_days,
    pv_export_site_history,
    pv_export_filtered,
    pv_export_trending,
    pv_archive_export_start,
    pv_article_export_start,
    pv_archive_export_await_reading,
    export_days_and_hours,
    pv_article_export_end,
    pv_archive_export_end,
    export_index,
};

static enum pv_status check_redis(struct pv_round *round, struct pv_error *error)
{
    struct pv_exporter *exporter = round->exporter;
    enum pv_status status = PV_OK;

    if (!exporter->redis_checked)
        status = pv_redis_check_version(exporter->redis, error);
    exporter->redis_checked = status == PV_OK;
    return status;
}

static enum pv_status run_exports(struct pv_round *round, struct pv_error *error)
{
    struct pv_exporter *exporter = round->exporter;
    enum pv_status status = check_redis(round, error);

    if (status == PV_OK)
        status = pv_directory_open(&exporter->directory, error);
    if (status == PV_OK)
        status = pv_moment_read(exporter->redis, exporter->options->redis.prefix, round->now_ms,
                                &round->moment, error);
    if (status != PV_OK)
        return status;
    round->failure.status = PV_OK;
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        status = exports[i](round);
        if (status != PV_OK || pv_stop_requested())
            break;
    }
    pv_article_export_abandon(round);
    pv_archive_export_abandon(round);
    if (round->failure.status != PV_OK)
        *error = round->failure;
    else if (status != PV_OK)
        pv_error_set(error, status, "stopped");
    return round->failure.status != PV_OK ? round->failure.status : status;
}

enum pv_status pv_exporter_round(struct pv_exporter *exporter, int64_t now_ms, int64_t monotonic_ms,
                                 struct pv_error *error)
{
    struct pv_round round = {.exporter = exporter, .now_ms = now_ms, .monotonic_ms = monotonic_ms};
    struct pv_progress *progress = exporter->progress;
    enum pv_status status = run_exports(&round, error);

    pv_metric_add(status == PV_OK ? &progress->rounds_ok : &progress->rounds_failed, 1);
    pv_metric_set(&progress->is_ready, status == PV_OK);
    pv_metric_set(&progress->redis_up, status != PV_UNAVAILABLE && status != PV_INVALID);
    if (status == PV_OK)
        pv_metric_set(&progress->last_success_s, now_ms / 1000);
    if (status == PV_UNAVAILABLE)
        exporter->redis_checked = false;
    return status;
}
