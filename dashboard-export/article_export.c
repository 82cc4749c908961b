#include "dashboard-export/article_export.h"

#include <sodium.h>

#include "pageview/stop.h"

static enum pv_status make(struct pv_round *round, struct pv_article_files **files, bool full,
                           struct pv_error *error)
{
    struct pv_exporter *exporter = round->exporter;
    enum pv_status status;
    uint64_t seed;

    randombytes_buf(&seed, sizeof seed);
    status = pv_article_files_new(exporter->redis, exporter->options->redis.prefix,
                                  &exporter->directory, &pv_badge_english, seed, files, error);
    if (status == PV_OK && full)
        pv_article_files_want_all(*files);
    return status;
}

static void count(struct pv_progress *progress, const struct pv_article_result *result)
{
    pv_metric_add(&progress->written, result->written);
    pv_metric_add(&progress->unchanged, result->unchanged);
    pv_metric_add(&progress->written_bytes, result->bytes);
    pv_metric_add(&progress->inexact, result->inexact);
    if (result->failed > 1) /* one is counted when the failure is settled */
        pv_metric_add(&progress->failed, result->failed - 1);
}

static enum pv_status write_round(struct pv_round *round, struct pv_article_files *files,
                                  struct pv_error *error)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_article_result result;
    enum pv_status status =
        pv_article_files_round(files, &stamp, round->moment.clock_ms, &result, error);

    count(round->exporter->progress, &result);
    return status;
}

static enum pv_status finish_round(struct pv_round *round, struct pv_article_files *files,
                                   struct pv_error *error)
{
    struct pv_article_result result;
    enum pv_status status = pv_article_files_finish(files, &result, error);

    count(round->exporter->progress, &result);
    return status;
}

static enum pv_status settle(struct pv_round *round, enum pv_status status,
                             const struct pv_error *error)
{
    return status == PV_OK ? PV_OK
                           : pv_round_settle(round, PV_ARTICLE_DIRECTORY, status, NULL, error);
}

enum pv_status pv_article_export_start(struct pv_round *round, struct pv_article_files **files,
                                       bool full)
{
    bool once = round->exporter->options->once;
    struct pv_error error;
    enum pv_status status = *files != NULL ? PV_OK : make(round, files, full, &error);

    if (status == PV_OK)
        status = write_round(round, *files, &error);
    while (status == PV_OK && once && !pv_stop_requested() && pv_article_files_want_more(*files)) {
        status = finish_round(round, *files, &error);
        if (status == PV_OK)
            status = write_round(round, *files, &error);
    }
    return settle(round, status, &error);
}

enum pv_status pv_article_export_end(struct pv_round *round, struct pv_article_files *files)
{
    struct pv_error error;

    return files == NULL ? PV_OK : settle(round, finish_round(round, files, &error), &error);
}
