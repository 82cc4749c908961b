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

enum pv_status pv_article_export(struct pv_round *round, struct pv_article_files **files, bool full)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_error error;
    enum pv_status status = *files != NULL ? PV_OK : make(round, files, full, &error);

    while (status == PV_OK) {
        struct pv_article_result result;

        status = pv_article_files_round(*files, &stamp, round->moment.clock_ms, &result, &error);
        count(round->exporter->progress, &result);
        if (!round->exporter->options->once || pv_stop_requested() ||
            !pv_article_files_want_more(*files))
            break;
    }
    return status == PV_OK ? PV_OK
                           : pv_round_settle(round, PV_ARTICLE_DIRECTORY, status, NULL, &error);
}
