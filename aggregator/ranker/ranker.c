#include "aggregator/ranker/ranker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "aggregator/facts.h"
#include "aggregator/random_id.h"
#include "aggregator/ranker/lock.h"
#include "aggregator/ranker/refresher.h"
#include "aggregator/ranker/share.h"
#include "pageview/log.h"
#include "pageview/stop.h"

/* Of tries to rank for the last time. */
enum { FINISH_MS = 3000 };

struct pv_ranker {
    const struct pv_ranker_config *config;
    char id[PV_RANDOM_ID_SIZE];
    struct pv_redis *redis;
    struct pv_ranker_lock turns;
    struct pv_refresher *refresher;
    bool loaded;     /* Redis has the function library */
    int64_t next_ms; /* when the next turn is due, monotonic */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, ending;
};

static bool is_ending(struct pv_ranker *ranker)
{
    bool ending;

    pthread_mutex_lock(&ranker->lock);
    ending = ranker->ending;
    pthread_mutex_unlock(&ranker->lock);
    return ending;
}

static enum pv_status before_page(void *context, struct pv_error *error)
{
    struct pv_ranker *ranker = context;

    if (is_ending(ranker))
        return pv_error_set(error, PV_UNAVAILABLE, "ending before all counts were read");
    return pv_ranker_lock_keep(&ranker->turns, error);
}

/* After a failure: the next connection may be to another Redis, or to one that has forgotten. */
static void doubt(struct pv_ranker *ranker)
{
    pv_redis_disconnect(ranker->redis);
    ranker->turns.held = false;
    ranker->loaded = false;
    pv_refresher_doubt(ranker->refresher);
}

static enum pv_status load_library(struct pv_ranker *ranker, struct pv_error *error)
{
    enum pv_status status = ranker->loaded ? PV_OK : pv_facts_load_library(ranker->redis, error);

    ranker->loaded = status == PV_OK;
    return status;
}

/* Ranks if the lock is ours, and sets when the next turn is due. */
static enum pv_status turn(struct pv_ranker *ranker, struct pv_error *error)
{
    int64_t waited_us = 0;
    enum pv_status status = load_library(ranker, error);

    if (status == PV_OK)
        status = pv_ranker_lock_take(&ranker->turns, error);
    if (status == PV_OK && ranker->turns.held)
        status = pv_refresher_run(ranker->refresher, &waited_us, error);
    else if (status == PV_OK)
        pv_refresher_rest(ranker->refresher);
    ranker->next_ms = pv_monotonic_ms() + pv_share_pause_ms(waited_us, ranker->config->interval_ms);
    return status;
}

/* Waits until the next turn; false when there is to be none. */
static bool wait_ms(struct pv_ranker *ranker, int64_t ms)
{
    struct timespec until;
    bool ending;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&ranker->lock);
    while (!ranker->ending && pthread_cond_timedwait(&ranker->wake, &ranker->lock, &until) == 0)
        ;
    ending = ranker->ending;
    pthread_mutex_unlock(&ranker->lock);
    return !ending;
}

/* Time until the next turn, or until the lock is to be renewed. */
static int64_t time_to_next(const struct pv_ranker *ranker)
{
    int64_t ms = ranker->next_ms - pv_monotonic_ms();

    return ms < 0 ? 0 : ms < PV_RANKER_RENEW_MS ? ms : PV_RANKER_RENEW_MS;
}

static void note_failure(struct pv_ranker *ranker, const struct pv_error *error, int64_t retry_ms)
{
    /* A wrong configuration ends the program, which says why. */
    enum pv_log_level level = error->status == PV_INVALID ? PV_LOG_DEBUG : PV_LOG_WARN;

    pv_metric_add(&ranker->config->metrics->errors, 1);
    pv_log(level, "ranking_failed", PV_TEXT("error", error->text), PV_NUMBER("retry_ms", retry_ms));
}

static void *run(void *context)
{
    struct pv_ranker *ranker = context;
    struct pv_backoff backoff = {0};
    int64_t pause_ms = 0;

    while (wait_ms(ranker, pause_ms)) {
        struct pv_error error;
        enum pv_status status = pv_monotonic_ms() >= ranker->next_ms
                                    ? turn(ranker, &error)
                                    : pv_ranker_lock_keep(&ranker->turns, &error);

        if (status == PV_OK) {
            backoff = (struct pv_backoff){0};
            pause_ms = time_to_next(ranker);
        } else if (!is_ending(ranker)) {
            doubt(ranker);
            ranker->next_ms = 0;
            pause_ms = pv_backoff_next_ms(&backoff);
            note_failure(ranker, &error, pause_ms);
        }
    }
    return NULL;
}

static void end_thread(struct pv_ranker *ranker)
{
    if (!ranker->started)
        return;
    pthread_mutex_lock(&ranker->lock);
    ranker->ending = true;
    pthread_cond_signal(&ranker->wake);
    pthread_mutex_unlock(&ranker->lock);
    pthread_join(ranker->thread, NULL);
    ranker->started = false;
}

enum pv_status pv_ranker_new(const struct pv_ranker_config *config, struct pv_ranker **ranker,
                             struct pv_error *error)
{
    struct pv_ranker *made = calloc(1, sizeof *made);
    pthread_condattr_t attributes;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the ranker");
    made->config = config;
    pv_random_id(made->id);
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    status = pv_redis_new(config->redis, &made->redis, error);
    made->turns = (struct pv_ranker_lock){
        .redis = made->redis, .prefix = config->redis->prefix, .id = made->id};
    if (status == PV_OK)
        status = pv_refresher_new(config, made->redis, before_page, made, &made->refresher, error);
    if (status == PV_OK && pthread_create(&made->thread, NULL, run, made) != 0)
        status = pv_error_nomem(error, "the ranker's thread");
    if (status != PV_OK) {
        pv_ranker_destroy(made);
        return status;
    }
    made->started = true;
    *ranker = made;
    return PV_OK;
}

/* One try of the last ranking. */
static enum pv_status rank_last(struct pv_ranker *ranker, struct pv_error *error)
{
    int64_t waited_us;
    enum pv_status status = load_library(ranker, error);

    if (status == PV_OK)
        status = pv_refresher_run(ranker->refresher, &waited_us, error);
    if (status != PV_OK)
        doubt(ranker);
    return status;
}

void pv_ranker_finish(struct pv_ranker *ranker)
{
    struct pv_backoff backoff = {0};
    int64_t give_up_ms = INT64_MAX;
    struct pv_error error;

    end_thread(ranker);
    ranker->ending = false;                      /* that was the thread's */
    while (rank_last(ranker, &error) != PV_OK) { /* whoever has the lock: all rank the same */
        int64_t pause_ms = pv_backoff_next_ms(&backoff);

        if (give_up_ms == INT64_MAX) /* from the first failure: a rebuild may take long */
            give_up_ms = pv_monotonic_ms() + FINISH_MS;
        if (pv_monotonic_ms() >= give_up_ms || pv_stop_requested()) {
            pv_metric_add(&ranker->config->metrics->errors, 1);
            pv_log(PV_LOG_WARN, "last_ranking_missing", PV_TEXT("error", error.text),
                   PV_TEXT("why", "the lists are not those of the end"));
            return;
        }
        note_failure(ranker, &error, pause_ms);
        wait_ms(ranker, pause_ms);
    }
}

void pv_ranker_destroy(struct pv_ranker *ranker)
{
    if (ranker == NULL)
        return;
    end_thread(ranker);
    pv_ranker_lock_release(&ranker->turns);
    pv_refresher_destroy(ranker->refresher);
    pv_redis_destroy(ranker->redis);
    pthread_cond_destroy(&ranker->wake);
    pthread_mutex_destroy(&ranker->lock);
    free(ranker);
}
