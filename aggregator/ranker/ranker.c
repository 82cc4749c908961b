#include "aggregator/ranker/ranker.h"

#include <stdlib.h>

#include "aggregator/ranker/refresher.h"
#include "aggregator/ranker/share.h"
#include "aggregator/turns.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    FINISH_MS = 3000, /* of tries to rank for the last time */
    LOOK_MS = 20,     /* whether it is still held back */
};

struct pv_ranker {
    const struct pv_ranker_config *config;
    struct pv_turns turns;
    struct pv_refresher *refresher;
    int64_t next_ms;   /* when the next ranking is due, monotonic */
    int64_t ranked_ms; /* when there was one, monotonic; 0: never */
    int64_t commits;   /* when the ranking at hand began */
    _Atomic bool finishing;
};

static int64_t counted(const pv_metric_value *value)
{
    return value == NULL ? 0 : pv_metric_get(value);
}

/* Nothing was counted since the ranking at hand began, and it shall be the last one. */
static bool is_last(const struct pv_ranker *ranker)
{
    return ranker->finishing && ranker->commits == counted(ranker->config->commits);
}

static enum pv_status before_page(void *context, struct pv_error *error)
{
    struct pv_ranker *ranker = context;

    if (pv_turns_are_ending(&ranker->turns) && !is_last(ranker))
        return pv_error_set(error, PV_UNAVAILABLE, "ending before all counts were read");
    return pv_redis_lock_keep(&ranker->turns.lock, error);
}

static void doubt(void *context)
{
    struct pv_ranker *ranker = context;

    ranker->next_ms = 0;
    pv_refresher_doubt(ranker->refresher);
}

/* Ranks if the lock is ours, and sets when the next ranking is due. */
static enum pv_status rank(struct pv_ranker *ranker, struct pv_error *error)
{
    int64_t waited_us = 0;
    enum pv_status status = pv_turns_load(&ranker->turns, error);

    if (status == PV_OK)
        status = pv_redis_lock_take(&ranker->turns.lock, error);
    ranker->commits = counted(ranker->config->commits);
    if (status == PV_OK && ranker->turns.lock.held)
        status = pv_refresher_run(ranker->refresher, &waited_us, error);
    else if (status == PV_OK)
        pv_refresher_rest(ranker->refresher);
    ranker->ranked_ms = pv_monotonic_ms();
    ranker->next_ms = ranker->ranked_ms + pv_share_pause_ms(waited_us, ranker->config->interval_ms);
    return status;
}

static bool is_held_back(const struct pv_ranker *ranker, int64_t now_ms)
{
    return ranker->ranked_ms > 0 &&
           pv_share_holds_back(now_ms - ranker->ranked_ms, ranker->config->interval_ms,
                               counted(ranker->config->far_behind));
}

/* Time until the next ranking, or until the lock is to be renewed. */
static int64_t time_to_next(const struct pv_ranker *ranker)
{
    int64_t now_ms = pv_monotonic_ms();
    int64_t ms = ranker->next_ms - now_ms;

    if (ms <= 0 && is_held_back(ranker, now_ms))
        return LOOK_MS;
    return ms < 0 ? 0 : ms < PV_REDIS_LOCK_RENEW_MS ? ms : PV_REDIS_LOCK_RENEW_MS;
}

static enum pv_status turn(void *context, int64_t *pause_ms, struct pv_error *error)
{
    struct pv_ranker *ranker = context;
    int64_t now_ms = pv_monotonic_ms();
    bool due = now_ms >= ranker->next_ms && !is_held_back(ranker, now_ms);
    enum pv_status status =
        due ? rank(ranker, error) : pv_redis_lock_keep(&ranker->turns.lock, error);

    *pause_ms = time_to_next(ranker);
    /* At the end it was cut short, and the last ranking is still to come. */
    return pv_turns_are_ending(&ranker->turns) ? PV_OK : status;
}

enum pv_status pv_ranker_new(const struct pv_ranker_config *config, struct pv_ranker **ranker,
                             struct pv_error *error)
{
    struct pv_ranker *made = calloc(1, sizeof *made);
    const struct pv_turns_work work = {
        .thread = "the ranker's thread",
        .failure = "ranking_failed",
        .failures = &config->metrics->errors,
        .turn = turn,
        .doubt = doubt,
        .context = made,
    };
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the ranker");
    made->config = config;
    pv_key_ranker(config->redis->prefix, made->turns.lock.key);
    status = pv_turns_init(&made->turns, &work, config->redis, error);
    if (status == PV_OK)
        status =
            pv_refresher_new(config, made->turns.redis, before_page, made, &made->refresher, error);
    if (status == PV_OK)
        status = pv_turns_start(&made->turns, error);
    if (status != PV_OK) {
        pv_ranker_destroy(made);
        return status;
    }
    *ranker = made;
    return PV_OK;
}

/* One try of the last ranking. */
static enum pv_status rank_last(struct pv_ranker *ranker, struct pv_error *error)
{
    int64_t waited_us;
    enum pv_status status = pv_turns_load(&ranker->turns, error);

    if (status == PV_OK)
        status = pv_refresher_run(ranker->refresher, &waited_us, error);
    if (status != PV_OK)
        pv_turns_doubt(&ranker->turns);
    return status;
}

void pv_ranker_finish(struct pv_ranker *ranker)
{
    struct pv_backoff backoff = {0};
    int64_t give_up_ms = INT64_MAX;
    struct pv_error error;

    ranker->finishing = true;
    pv_turns_end(&ranker->turns);
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
        pv_turns_note(&ranker->turns, &error, pause_ms);
        pv_stop_wait_ms(pause_ms);
    }
}

void pv_ranker_destroy(struct pv_ranker *ranker)
{
    if (ranker == NULL)
        return;
    pv_turns_end(&ranker->turns);
    pv_refresher_destroy(ranker->refresher);
    pv_turns_clean_up(&ranker->turns);
    free(ranker);
}
