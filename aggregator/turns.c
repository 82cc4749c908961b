#include "aggregator/turns.h"

#include "aggregator/facts.h"
#include "pageview/log.h"
#include "pageview/stop.h"
#include "pageview/timed_wait.h"

bool pv_turns_are_ending(struct pv_turns *turns)
{
    bool ending;

    pthread_mutex_lock(&turns->mutex);
    ending = turns->ending;
    pthread_mutex_unlock(&turns->mutex);
    return ending;
}

/* Waits for the next turn; false when there is to be none. */
static bool wait_ms(struct pv_turns *turns, int64_t ms)
{
    struct timespec until = pv_timed_until(ms);
    bool ending;

    pthread_mutex_lock(&turns->mutex);
    while (!turns->ending && pthread_cond_timedwait(&turns->wake, &turns->mutex, &until) == 0)
        ;
    ending = turns->ending;
    pthread_mutex_unlock(&turns->mutex);
    return !ending;
}

enum pv_status pv_turns_load(struct pv_turns *turns, struct pv_error *error)
{
    enum pv_status status = turns->loaded ? PV_OK : pv_facts_load_library(turns->redis, error);

    turns->loaded = status == PV_OK;
    return status;
}

void pv_turns_doubt(struct pv_turns *turns)
{
    pv_redis_disconnect(turns->redis);
    turns->lock.held = false;
    turns->loaded = false;
    turns->work.doubt(turns->work.context);
}

void pv_turns_note(struct pv_turns *turns, const struct pv_error *error, int64_t retry_ms)
{
    /* A wrong configuration ends the program, which says why. */
    enum pv_log_level level = error->status == PV_INVALID ? PV_LOG_DEBUG : PV_LOG_WARN;

    pv_metric_add(turns->work.failures, 1);
    pv_log(level, turns->work.failure, PV_TEXT("error", error->text),
           PV_NUMBER("retry_ms", retry_ms));
}

static void *run(void *context)
{
    struct pv_turns *turns = context;
    struct pv_backoff backoff = {0};
    int64_t pause_ms = 0;

    while (wait_ms(turns, pause_ms)) {
        struct pv_error error;

        if (turns->work.turn(turns->work.context, &pause_ms, &error) == PV_OK) {
            backoff = (struct pv_backoff){0};
        } else {
            pause_ms = pv_backoff_next_ms(&backoff);
            pv_turns_doubt(turns);
            pv_turns_note(turns, &error, pause_ms);
        }
    }
    return NULL;
}

enum pv_status pv_turns_init(struct pv_turns *turns, const struct pv_turns_work *work,
                             const struct pv_redis_options *options, struct pv_error *error)
{
    enum pv_status status = pv_redis_new(options, &turns->redis, error);

    turns->work = *work;
    pv_random_id(turns->id);
    pthread_mutex_init(&turns->mutex, NULL);
    pv_timed_cond_init(&turns->wake);
    turns->lock.redis = turns->redis;
    turns->lock.owner = turns->id;
    return status;
}

enum pv_status pv_turns_start(struct pv_turns *turns, struct pv_error *error)
{
    if (pthread_create(&turns->thread, NULL, run, turns) != 0)
        return pv_error_nomem(error, turns->work.thread);
    turns->started = true;
    return PV_OK;
}

void pv_turns_end(struct pv_turns *turns)
{
    if (!turns->started)
        return;
    pthread_mutex_lock(&turns->mutex);
    turns->ending = true;
    pthread_cond_signal(&turns->wake);
    pthread_mutex_unlock(&turns->mutex);
    pthread_join(turns->thread, NULL);
    turns->started = false;
    turns->ending = false; /* that was the thread's */
}

void pv_turns_clean_up(struct pv_turns *turns)
{
    pv_redis_lock_release(&turns->lock);
    pv_redis_destroy(turns->redis);
    pthread_cond_destroy(&turns->wake);
    pthread_mutex_destroy(&turns->mutex);
}
