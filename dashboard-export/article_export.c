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
    struct pv_article_result result;
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

static void add(struct pv_article_result *sum, const struct pv_article_result *result)
{
    sum->written += result->written;
    sum->bytes += result->bytes;
    sum->unchanged += result->unchanged;
    sum->failed += result->failed;
    sum->inexact += result->inexact;
}

static enum pv_status write_round(const struct pv_round *round, struct pv_article_result *sum,
                                  struct pv_error *error)
{
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    struct pv_article_result result;
    enum pv_status status = pv_article_files_round(round->exporter->article_files, &stamp,
                                                   round->moment.clock_ms, &result, error);

    add(sum, &result);
    return status;
}

static enum pv_status finish_round(const struct pv_round *round, struct pv_article_result *sum,
                                   struct pv_error *error)
{
    struct pv_article_result result;
    enum pv_status status;

    if (round->exporter->article_files == NULL)
        return PV_OK;
    status = pv_article_files_finish(round->exporter->article_files, &result, error);
    add(sum, &result);
    return status;
}

static bool wants_more(const struct pv_exporter *exporter)
{
    return exporter->options->once && !pv_stop_requested() &&
           pv_article_files_want_more(exporter->article_files);
}

static enum pv_status write_all(const struct pv_round *round, struct pv_article_result *sum,
                                struct pv_error *error)
{
    enum pv_status status = write_round(round, sum, error);

    while (status == PV_OK && wants_more(round->exporter)) {
        status = finish_round(round, sum, error);
        if (status == PV_OK)
            status = write_round(round, sum, error);
    }
    return status;
}

/* Counts what was done, and settles the failure of some of it. */
static enum pv_status settle(struct pv_round *round, const struct pv_article_result *result,
                             enum pv_status status, const struct pv_error *error)
{
    count(round->exporter->progress, result);
    return status == PV_OK ? PV_OK
                           : pv_round_settle(round, PV_ARTICLE_DIRECTORY, status, NULL, error);
}

static void *write_in_thread(void *context)
{
    struct pv_article_job *job = context;

    job->status = write_all(job->round, &job->result, &job->error);
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
    struct pv_article_result result = {.written = 0};
    struct pv_error error;
    enum pv_status status = make(round->exporter, &error);

    if (status == PV_OK && round->exporter->archive_job != NULL && start_thread(round))
        return PV_OK;
    if (status == PV_OK)
        status = write_all(round, &result, &error);
    return settle(round, &result, status, &error);
}

/* What became of the files that the thread wrote; the caller frees it. NULL when there was none. */
static struct pv_article_job *join(struct pv_exporter *exporter)
{
    struct pv_article_job *job = exporter->article_job;

    if (job != NULL)
        pthread_join(job->thread, NULL);
    exporter->article_job = NULL;
    return job;
}

static enum pv_status finish(struct pv_round *round)
{
    struct pv_article_result result = {.written = 0};
    struct pv_error error;
    enum pv_status status = finish_round(round, &result, &error);

    return settle(round, &result, status, &error);
}

enum pv_status pv_article_export_end(struct pv_round *round)
{
    struct pv_article_job *job = join(round->exporter);
    enum pv_status status =
        job != NULL ? settle(round, &job->result, job->status, &job->error) : PV_OK;

    free(job);
    return status == PV_OK ? finish(round) : status;
}

void pv_article_export_abandon(struct pv_round *round)
{
    struct pv_article_job *job = join(round->exporter);

    if (job != NULL && (job->status == PV_UNAVAILABLE || job->status == PV_INVALID))
        count(round->exporter->progress, &job->result);
    else if (job != NULL)
        (void)settle(round, &job->result, job->status, &job->error);
    free(job);
    (void)finish(round);
}
