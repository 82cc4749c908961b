#include "aggregator/ranker/ranker.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aggregator/facts.h"
#include "aggregator/ranker/publisher.h"
#include "aggregator/ranker/redis_source.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    HOLD_MS = 5000,   /* the lock is free this long after a ranker was killed */
    REDIS_SHARE = 20, /* at most one part in so many of Redis's time */
};

struct pv_ranker {
    const struct pv_ranker_config *config;
    char id[32];
    struct pv_redis *redis;
    struct pv_redis_source redis_source;
    struct pv_count_source source;
    struct pv_ranking *ranking; /* NULL while another process ranks */
    struct pv_publisher *publisher;
    bool loaded;      /* Redis has the function library */
    int64_t rebuilds; /* of the ranking, when it was published last */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, ending;
};

static int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum pv_status hold(struct pv_ranker *ranker, int ms, bool *held, struct pv_error *error)
{
    char key[PV_KEY_SIZE], ttl[16];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_ranker(ranker->config->redis->prefix, key);
    snprintf(ttl, sizeof ttl, "%d", ms);
    status = pv_redis_command_texts(ranker->redis, &reply, error, "FCALL", "pv_hold", "1", key,
                                    ranker->id, ttl, (char *)NULL);
    if (status != PV_OK)
        return status;
    *held = pv_redis_reply_number(reply, 0) == 1;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* -1: the clock of events does not run yet. */
static enum pv_status read_clock(struct pv_ranker *ranker, int64_t *now_ms, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    *now_ms = pv_clock_now_ms(ranker->config->clock);
    if (!ranker->config->by_events)
        return PV_OK;
    pv_key_clock(ranker->config->redis->prefix, key);
    status = pv_redis_command_texts(ranker->redis, &reply, error, "HGET", key, PV_CLOCK_NOW,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    *now_ms = pv_redis_reply_number(reply, -1);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* Forgets everything: what other processes did meanwhile is read again. */
static void let_go(struct pv_ranker *ranker)
{
    pv_ranking_destroy(ranker->ranking);
    pv_publisher_destroy(ranker->publisher);
    ranker->ranking = NULL;
    ranker->publisher = NULL;
}

static enum pv_status take_up(struct pv_ranker *ranker, struct pv_error *error)
{
    const struct pv_ranker_config *config = ranker->config;
    enum pv_status status = PV_OK;

    if (ranker->ranking == NULL)
        status = pv_ranking_new(config->max_articles, &ranker->ranking, error);
    if (status == PV_OK && ranker->publisher == NULL)
        status = pv_publisher_new(ranker->redis, config->redis->prefix, ranker->id,
                                  &ranker->publisher, error);
    if (status == PV_OK && ranker->rebuilds < 0)
        ranker->rebuilds = 0;
    return status;
}

static enum pv_status publish_lists(struct pv_ranker *ranker, size_t section, bool all,
                                    struct pv_error *error)
{
    char name[PV_SECTION_SIZE_MAX + 1];
    enum pv_status status = PV_OK;

    if (section != PV_RANKING_ALL) {
        struct pv_text text = pv_ranking_section(ranker->ranking, section);

        snprintf(name, sizeof name, "%.*s", (int)text.length, text.data);
    }
    for (int list = 0; list < PV_RANKING_LISTS && status == PV_OK; list++) {
        const struct pv_ranked *entries;
        bool changed;
        size_t count = pv_ranking_top(ranker->ranking, (enum pv_ranking_list)list, section,
                                      &entries, &changed);

        if (changed || all)
            status = pv_publisher_publish(
                ranker->publisher, pv_ranking_list_name((enum pv_ranking_list)list),
                section == PV_RANKING_ALL ? NULL : name, entries, count, error);
    }
    return status;
}

static enum pv_status publish(struct pv_ranker *ranker, struct pv_error *error)
{
    struct pv_ranking_stats stats = pv_ranking_stats(ranker->ranking);
    bool all = stats.rebuilds != ranker->rebuilds;
    enum pv_status status;

    if (all) /* Redis may have lost what was published */
        pv_publisher_forget(ranker->publisher);
    status = publish_lists(ranker, PV_RANKING_ALL, all, error);
    for (size_t i = 0; i < pv_ranking_section_count(ranker->ranking) && status == PV_OK; i++)
        status = publish_lists(ranker, i, all, error);
    if (status == PV_OK && all)
        status = pv_publisher_clear_strangers(ranker->publisher, error);
    ranker->rebuilds = status == PV_OK ? stats.rebuilds : -1;
    return status;
}

static enum pv_status note_time(struct pv_ranker *ranker, int64_t clock_ms, struct pv_error *error)
{
    char key[PV_KEY_SIZE], wall[24], clock[24];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_meta(ranker->config->redis->prefix, key);
    snprintf(wall, sizeof wall, "%" PRId64, pv_clock_now_ms(ranker->config->clock));
    snprintf(clock, sizeof clock, "%" PRId64, clock_ms);
    status =
        pv_redis_command_texts(ranker->redis, &reply, error, "HSET", key, PV_META_LAST_RANKING_MS,
                               wall, PV_META_RANKING_CLOCK_MS, clock, (char *)NULL);
    if (status == PV_OK)
        pv_redis_reply_destroy(reply);
    return status;
}

static void note_metrics(struct pv_ranker *ranker, int64_t refresh_us)
{
    struct pv_ranker_metrics *metrics = ranker->config->metrics;
    struct pv_ranking_stats stats = pv_ranking_stats(ranker->ranking);

    pv_metric_add(&metrics->refreshes, 1);
    pv_metric_set(&metrics->articles, stats.articles);
    pv_metric_set(&metrics->articles_refused, stats.articles_refused);
    pv_metric_set(&metrics->lists_sent, pv_publisher_sent(ranker->publisher));
    pv_metric_set(&metrics->refresh_us, refresh_us);
    pv_metric_set(&metrics->redis_us, ranker->redis_source.waited_us);
    if (stats.rebuilds == ranker->rebuilds)
        return;
    pv_metric_add(&metrics->rebuilds, 1);
    pv_log(PV_LOG_INFO, "ranking_rebuilt", PV_TEXT("why", stats.rebuilt_because),
           PV_NUMBER("articles", stats.articles), PV_NUMBER("ms", refresh_us / 1000));
    if (stats.articles_refused > 0)
        pv_log(PV_LOG_WARN, "articles_not_ranked", PV_NUMBER("counts", stats.articles_refused),
               PV_NUMBER("limit", ranker->config->max_articles));
}

/* A rebuild that takes long shall be rare. */
static void space_rebuilds(struct pv_ranker *ranker, int64_t refresh_us)
{
    int64_t interval_ms = REDIS_SHARE * refresh_us / 1000;

    if (pv_ranking_stats(ranker->ranking).rebuilds != ranker->rebuilds)
        pv_ranking_set_rebuild_interval(ranker->ranking, interval_ms > PV_RANKING_REBUILD_MS
                                                             ? interval_ms
                                                             : PV_RANKING_REBUILD_MS);
}

static enum pv_status rank(struct pv_ranker *ranker, struct pv_error *error)
{
    int64_t began_us = monotonic_us(), clock_ms, took_us;
    enum pv_status status = take_up(ranker, error);

    ranker->redis_source.waited_us = 0;
    if (status == PV_OK)
        status = read_clock(ranker, &clock_ms, error);
    if (status != PV_OK || clock_ms < 0)
        return status;
    status =
        pv_ranking_refresh(ranker->ranking, &ranker->source, clock_ms, pv_monotonic_ms(), error);
    if (status != PV_OK)
        return status;
    took_us = monotonic_us() - began_us;
    space_rebuilds(ranker, took_us);
    note_metrics(ranker, took_us);
    status = publish(ranker, error);
    if (status == PV_OK)
        status = note_time(ranker, clock_ms, error);
    return status;
}

/* One turn: ranks if the lock is ours. */
static enum pv_status turn(struct pv_ranker *ranker, struct pv_error *error)
{
    bool held = false;
    enum pv_status status = PV_OK;

    if (!ranker->loaded)
        status = pv_facts_load_library(ranker->redis, error);
    ranker->loaded = status == PV_OK;
    if (status == PV_OK)
        status = hold(ranker, HOLD_MS, &held, error);
    if (status == PV_OK && held)
        status = rank(ranker, error);
    else
        let_go(ranker);
    ranker->loaded = status == PV_OK;
    if (status == PV_OK || ranker->ranking == NULL)
        return status;
    /* The connection is made anew: Redis may be another one, or have forgotten. */
    pv_ranking_request_rebuild(ranker->ranking);
    pv_redis_disconnect(ranker->redis);
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

static void *run(void *context)
{
    struct pv_ranker *ranker = context;
    struct pv_backoff backoff = {0};
    int64_t pause_ms = 0;

    while (wait_ms(ranker, pause_ms)) {
        struct pv_error error;
        int64_t busy_ms;

        enum pv_status status = turn(ranker, &error);

        if (status != PV_OK) {
            /* A wrong configuration ends the program, which says why. */
            enum pv_log_level level = status == PV_INVALID ? PV_LOG_DEBUG : PV_LOG_WARN;

            pause_ms = pv_backoff_next_ms(&backoff);
            pv_metric_add(&ranker->config->metrics->errors, 1);
            pv_log(level, "ranking_failed", PV_TEXT("error", error.text),
                   PV_NUMBER("retry_ms", pause_ms));
            continue;
        }
        backoff = (struct pv_backoff){0};
        busy_ms = REDIS_SHARE * ranker->redis_source.waited_us / 1000;
        pause_ms = busy_ms > ranker->config->interval_ms ? busy_ms : ranker->config->interval_ms;
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
    snprintf(made->id, sizeof made->id, "%" PRIx64 "-%lx", (uint64_t)monotonic_us(),
             (unsigned long)getpid());
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    status = pv_redis_new(config->redis, &made->redis, error);
    made->redis_source = (struct pv_redis_source){made->redis, config->redis->prefix, 0};
    made->source = pv_redis_count_source(&made->redis_source);
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

void pv_ranker_finish(struct pv_ranker *ranker)
{
    struct pv_error error;

    end_thread(ranker);
    if (rank(ranker, &error) != PV_OK) /* whoever has the lock: all rank the same */
        pv_log(PV_LOG_WARN, "ranking_failed", PV_TEXT("error", error.text));
}

void pv_ranker_destroy(struct pv_ranker *ranker)
{
    struct pv_error error;
    bool held;

    if (ranker == NULL)
        return;
    end_thread(ranker);
    if (ranker->ranking != NULL && hold(ranker, 0, &held, &error) != PV_OK)
        pv_log(PV_LOG_DEBUG, "ranker_lock_left", PV_TEXT("error", error.text));
    let_go(ranker);
    pv_redis_destroy(ranker->redis);
    pthread_cond_destroy(&ranker->wake);
    pthread_mutex_destroy(&ranker->lock);
    free(ranker);
}
