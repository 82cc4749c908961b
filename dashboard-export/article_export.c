#include "dashboard-export/article_export.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "dashboard-export/article_file.h"
#include "pageview/stop.h"

/* Files in the making. From the thread's start until it is joined only the thread uses it. */
struct pv_article_job {
    struct pv_round *round;
    pthread_t thread;
    enum pv_status status;
    struct pv_error error;
};

/* Before the first round there are none. */
static enum pv_status make(struct pv_exporter *exporter, struct pv_error *error)
{
    enum pv_status status;
    uint64_t seed;

    if (exporter->article_files != NULL)
        return PV_OK;
    randombytes_buf(&seed, sizeof seed);
    status =
        pv_article_files_new(exporter->redis, exporter->options->redis.prefix, &exporter->directory,
                             &pv_badge_english, seed, &exporter->article_files, error);
    if (status == PV_OK && exporter->options->full)
        pv_article_files_want_all(exporter->article_files);
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

static enum pv_status write_round(struct pv_round *round, struct pv_error *error)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_article_result result;
    enum pv_status status = pv_article_files_round(round->exporter->article_files, &stamp,
                                                   round->moment.clock_ms, &result, error);

    count(round->exporter->progress, &result);
    return status;
}

static enum pv_status finish_round(struct pv_round *round, struct pv_error *error)
{
    struct pv_exporter *exporter = round->exporter;
    struct pv_article_result result;
    enum pv_status status;

    if (exporter->article_files == NULL)
        return PV_OK;
    status = pv_article_files_finish(exporter->article_files, &result, error);
    count(exporter->progress, &result);
    return status;
}

static bool wants_more(const struct pv_exporter *exporter)
{
    return exporter->options->once && !pv_stop_requested() &&
           pv_article_files_want_more(exporter->article_files);
}

static enum pv_status write_all(struct pv_round *round, struct pv_error *error)
{
    enum pv_status status = write_round(round, error);

    while (status == PV_OK && wants_more(round->exporter)) {
        status = finish_round(round, error);
        if (status == PV_OK)
            status = write_round(round, error);
    }
    return status;
}

static enum pv_status settle(struct pv_round *round, enum pv_status status,
                             const struct pv_error *error)
{
    return status == PV_OK ? PV_OK
                           : pv_round_settle(round, PV_ARTICLE_DIRECTORY, status, NULL, error);
}

static void *write_in_thread(void *context)
{
    struct pv_article_job *job = context;

    job->status = write_all(job->round, &job->error);
    return NULL;
}

/* Without memory or a thread, files are written as without a long list. */
static bool start_thread(struct pv_round *round)
{
    struct pv_article_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return false;
    job->round = round;
    if (pthread_create(&job->thread, NULL, write_in_thread, job) != 0) {
        free(job);
        return false;
    }
    round->exporter->article_job = job;
    return true;
}

enum pv_status pv_article_export_start(struct pv_round *round)
{
    struct pv_error error;
    enum pv_status status = make(round->exporter, &error);

    if (status == PV_OK && round->exporter->articles_job != NULL && start_thread(round))
        return PV_OK;
    if (status == PV_OK)
        status = write_all(round, &error);
    return settle(round, status, &error);
}

/* What became of the files that the thread wrote. PV_OK when there was none. */
static enum pv_status join(struct pv_exporter *exporter, struct pv_error *error)
{
    struct pv_article_job *job = exporter->article_job;
    enum pv_status status;

    if (job == NULL)
        return PV_OK;
    pthread_join(job->thread, NULL);
    status = job->status;
    *error = job->error;
    free(job);
    exporter->article_job = NULL;
    return status;
}

enum pv_status pv_article_export_end(struct pv_round *round)
{
    struct pv_error error;
    enum pv_status status = join(round->exporter, &error);

    status = settle(round, status, &error);
    if (status != PV_OK)
        return status;
    status = finish_round(round, &error);
    return settle(round, status, &error);
}

void pv_article_export_abandon(struct pv_round *round)
{
    struct pv_error error;
    enum pv_status status = join(round->exporter, &error);

    if (status != PV_UNAVAILABLE && status != PV_INVALID)
        (void)settle(round, status, &error);
    status = finish_round(round, &error);
    (void)settle(round, status, &error);
}
