#include "dashboard-export/export_site.h"

#include "dashboard-export/csv.h"
#include "pageview/keys.h"

enum { WEEK_DAYS = 7 };

/* A day of the site has a hash of minutes and one of reasons. */
struct day_file {
    size_t (*key)(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
    void (*layout)(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);
    void (*write)(struct pv_buffer *text, const struct pv_snapshot_about *about, int64_t time_ms,
                  const struct pv_count_list *counts);
    void (*write_csv)(struct pv_buffer *text, const struct pv_count_list *counts); /* may be NULL */
};

static enum pv_status export_day_file(struct pv_round *round, const struct day_file *file,
                                      int64_t time_ms)
{
    const char *prefix = round->exporter->options->redis.prefix;
    char key[PV_KEY_SIZE], path[PV_LAYOUT_PATH_SIZE];
    struct pv_count_list counts = {0};
    const struct pv_counts_target target = pv_count_list_target(&counts);
    struct pv_reading reading = {0};
    struct pv_buffer text = {0};
    struct pv_error error;
    enum pv_status status;

    file->key(prefix, time_ms, key);
    file->layout(time_ms, path);
    status = pv_counts_read(round->exporter->redis, prefix, key, &target, &reading, &error);
    if (status != PV_OK) {
        status = pv_round_settle(round, path, status, NULL, &error);
    } else if (reading.exists) {
        const struct pv_snapshot_about said = pv_round_about(round, &reading, path);

        pv_count_list_finish(&counts);
        file->write(&text, &said, time_ms, &counts);
        status = pv_round_publish(round, path, &text);
        if (status == PV_OK && round->exporter->options->csv && file->write_csv != NULL) {
            file->write_csv(&text, &counts);
            status = pv_round_publish_csv(round, path, &text);
        }
    }
    pv_reading_clean_up(&reading);
    pv_count_list_clean_up(&counts);
    return status;
}

/* The last days up to `time_ms`, the newest first. */
static enum pv_status export_day_files(struct pv_round *round, const struct day_file *file,
                                       int64_t time_ms)
{
    enum pv_status status = PV_OK;

    for (int64_t i = 0; i < round->exporter->options->days && status == PV_OK; i++)
        if (time_ms >= i * PV_DAY_MS)
            status = export_day_file(round, file, time_ms - i * PV_DAY_MS);
    return status;
}

static void write_site(struct pv_buffer *text, const struct pv_snapshot_about *about,
                       int64_t time_ms, const struct pv_count_list *counts)
{
    (void)time_ms;
    pv_snapshot_site(text, about, counts);
}

static const struct day_file site_file = {pv_key_site, pv_layout_site, write_site, pv_csv_site};

/* The day is over for long, so it is looked at again only now and then. */
static enum pv_status export_last_week(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    int64_t time_ms = round->moment.clock_ms - WEEK_DAYS * PV_DAY_MS;
    int64_t failed = pv_metric_get(&exporter->progress->failed);
    enum pv_status status;

    if (exporter->options->days > WEEK_DAYS || time_ms < 0)
        return PV_OK;
    if (!exporter->options->once && exporter->week_day == time_ms / PV_DAY_MS &&
        round->monotonic_ms - exporter->week_ms < PV_SITE_AGE_MS)
        return PV_OK;
    status = export_day_file(round, &site_file, time_ms);
    if (status == PV_OK && pv_metric_get(&exporter->progress->failed) == failed) {
        exporter->week_day = time_ms / PV_DAY_MS;
        exporter->week_ms = round->monotonic_ms;
    }
    return status;
}

enum pv_status pv_export_site_days(struct pv_round *round)
{
    enum pv_status status = export_day_files(round, &site_file, round->moment.clock_ms);

    return status == PV_OK ? export_last_week(round) : status;
}

enum pv_status pv_export_filtered(struct pv_round *round)
{
    static const struct day_file file = {pv_key_filtered, pv_layout_filtered, pv_snapshot_filtered,
                                         NULL};

    return export_day_files(round, &file, round->now_ms);
}

static enum pv_status export_series(struct pv_round *round, const struct pv_snapshot_about *about,
                                    const char *path, enum pv_bucket_size size,
                                    const int64_t *views, size_t count)
{
    int64_t clock_ms = round->moment.clock_ms;
    struct pv_buffer text = {0};
    enum pv_status status;

    pv_snapshot_site_series(&text, about, size, clock_ms, views, count);
    status = pv_round_publish(round, path, &text);
    if (status != PV_OK || !round->exporter->options->csv)
        return status;
    pv_csv_series(&text, size, clock_ms, views, count);
    return pv_round_publish_csv(round, path, &text);
}

enum pv_status pv_export_site_history(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    int64_t clock_ms = round->moment.clock_ms, hours[PV_SITE_HOURS], days[PV_SITE_DAYS];
    struct pv_offsets offsets;
    struct pv_error error;
    enum pv_status status = pv_site_history_read(
        &exporter->site_history, exporter->redis, exporter->options->redis.prefix, clock_ms,
        round->monotonic_ms, exporter->options->once, &offsets, &error);
    const struct pv_snapshot_about about = {pv_round_stamp(round), true, &offsets};

    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_SITE_HOURS, status, NULL, &error);
    pv_site_history_hours(&exporter->site_history, clock_ms, hours);
    status =
        export_series(round, &about, PV_LAYOUT_SITE_HOURS, PV_BUCKET_HOUR, hours, PV_SITE_HOURS);
    pv_site_history_days(&exporter->site_history, clock_ms, days);
    if (status == PV_OK)
        status =
            export_series(round, &about, PV_LAYOUT_SITE_DAYS, PV_BUCKET_DAY, days, PV_SITE_DAYS);
    pv_offsets_clean_up(&offsets);
    return status;
}
