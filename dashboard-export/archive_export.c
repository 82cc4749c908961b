#include "dashboard-export/archive_export.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "dashboard-export/archive_file.h"
#include "dashboard-export/count_list.h"
#include "pageview/keys.h"

/* A list in the making. From the thread's start until it is joined only the thread uses it, but for
 * `is_read`. */
struct pv_archive_job {
    const struct pv_round *round;
    struct pv_redis *redis; /* the round's, or the thread's own */
    pthread_t thread;
    sem_t is_read; /* Redis is needed no more */
    int64_t fields;
    enum pv_status status;
    struct pv_error error;
    struct pv_count_list articles;
    struct pv_reading reading;
    bool exists; /* there are articles */
    struct pv_published published;
};

static void read_list(struct pv_archive_job *job)
{
    const char *prefix = job->round->exporter->options->redis.prefix;
    const struct pv_counts_target target = pv_count_list_target(&job->articles);
    char key[PV_KEY_SIZE];

    pv_key_views(prefix, key);
    job->status = pv_counts_read_sized(job->redis, prefix, key, job->fields, &target, &job->reading,
                                       &job->error);
    job->exists = job->status == PV_OK && job->reading.exists;
}

static void write_list(struct pv_archive_job *job)
{
    if (job->exists) {
        const struct pv_snapshot_about said =
            pv_round_about(job->round, &job->reading, PV_LAYOUT_ARCHIVE);

        pv_count_list_finish(&job->articles);
        job->status = pv_archive_file_publish(&job->round->exporter->directory, &said,
                                              &job->articles, &job->published, &job->error);
    }
    pv_reading_clean_up(&job->reading);
    pv_count_list_clean_up(&job->articles);
}

static void *make_in_thread(void *context)
{
    struct pv_archive_job *job = context;

    read_list(job);
    sem_post(&job->is_read);
    write_list(job);
    return NULL;
}

/* Reading every article costs Redis the most, so this has an interval of its own. */
static bool is_due(const struct pv_round *round)
{
    const struct pv_exporter *exporter = round->exporter;

    return exporter->options->once || !exporter->archive_tried ||
           round->monotonic_ms - exporter->archive_tried_ms >=
               exporter->options->articles_interval_ms;
}

/* A try that failed waits as long as one that did not, unless Redis was away. */
static enum pv_status settle(struct pv_round *round, const struct pv_archive_job *job)
{
    struct pv_exporter *exporter = round->exporter;

    exporter->archive_tried =
        job->status != PV_UNAVAILABLE && (job->status != PV_OK || job->exists);
    exporter->archive_tried_ms = round->monotonic_ms;
    if (job->status == PV_OK && !job->exists)
        return PV_OK;
    return pv_round_settle(round, PV_LAYOUT_ARCHIVE, job->status, &job->published, &job->error);
}

/* The thread's client is kept, so that the password is read once, as that of the other is. */
static enum pv_status start_thread(const struct pv_archive_job *job, struct pv_exporter *exporter,
                                   struct pv_error *error)
{
    struct pv_archive_job *made;
    enum pv_status status = PV_OK;

    if (exporter->archive_redis == NULL)
        status = pv_redis_new(&exporter->options->redis, &exporter->archive_redis, error);
    if (status != PV_OK)
        return status;
    made = malloc(sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "the list of all articles");
    *made = *job;
    made->redis = exporter->archive_redis;
    sem_init(&made->is_read, 0, 0);
    if (pthread_create(&made->thread, NULL, make_in_thread, made) != 0) {
        sem_destroy(&made->is_read);
        free(made);
        return pv_error_set(error, PV_NOMEM, "no thread for the list of all articles");
    }
    exporter->archive_job = made;
    return PV_OK;
}

enum pv_status pv_archive_export_start(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    struct pv_archive_job job = {.round = round, .redis = exporter->redis};
    char key[PV_KEY_SIZE];

    if (!is_due(round))
        return PV_OK;
    pv_key_views(exporter->options->redis.prefix, key);
    job.status = pv_counts_size(exporter->redis, key, &job.fields, &job.error);
    if (job.status == PV_OK && job.fields <= PV_COUNTS_SMALL) {
        read_list(&job);
        write_list(&job);
    } else if (job.status == PV_OK) {
        job.status = start_thread(&job, exporter, &job.error);
        if (job.status == PV_OK)
            return PV_OK;
    }
    return settle(round, &job);
}

/* Takes the job when the thread is done; the caller frees it. NULL when none was started. The
 * connection ends: a server may close one that is idle until the next list. */
static struct pv_archive_job *join(struct pv_exporter *exporter)
{
    struct pv_archive_job *job = exporter->archive_job;

    if (job == NULL)
        return NULL;
    pthread_join(job->thread, NULL);
    sem_destroy(&job->is_read);
    pv_redis_disconnect(exporter->archive_redis);
    exporter->archive_job = NULL;
    return job;
}

enum pv_status pv_archive_export_await_reading(struct pv_round *round)
{
    struct pv_archive_job *job = round->exporter->archive_job;

    while (job != NULL && sem_wait(&job->is_read) != 0 && errno == EINTR)
        continue;
    return PV_OK;
}

struct pv_redis *pv_archive_export_redis(const struct pv_round *round)
{
    const struct pv_exporter *exporter = round->exporter;

    return exporter->archive_job != NULL ? exporter->archive_redis : exporter->redis;
}

enum pv_status pv_archive_export_end(struct pv_round *round)
{
    struct pv_archive_job *job = join(round->exporter);
    enum pv_status status = job != NULL ? settle(round, job) : PV_OK;

    free(job);
    return status;
}

void pv_archive_export_abandon(struct pv_round *round)
{
    struct pv_archive_job *job = join(round->exporter);

    if (job != NULL && job->status != PV_UNAVAILABLE && job->status != PV_INVALID)
        (void)settle(round, job);
    free(job);
}
