/* A thread that works on Redis in turns, with a lock that lets one of several processes do the
 * work: the ranker's, and that of "also read".
 *
 * A turn that fails is tried again after a pause that grows, over a new connection. */
#ifndef AGGREGATOR_TURNS_H
#define AGGREGATOR_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "aggregator/random_id.h"
#include "aggregator/redis_lock.h"
#include "pageview/metrics.h"
#include "pageview/redis_client.h"

struct pv_turns_work {
    const char *thread;  /* for errors: "the ranker's thread" */
    const char *failure; /* what the log calls a turn that failed */
    pv_metric_value *failures;
    /* Does a turn, and sets how long to wait for the next one. */
    enum pv_status (*turn)(void *context, int64_t *pause_ms, struct pv_error *error);
    /* After a failure: the next connection may be to another Redis, or to one that has forgotten.
     */
    void (*doubt)(void *context);
    void *context;
};

struct pv_turns {
    struct pv_turns_work work;
    struct pv_redis *redis;
    char id[PV_RANDOM_ID_SIZE];
    struct pv_redis_lock lock; /* its key is the caller's to set; a turn takes it */
    bool loaded;               /* Redis has the function library */

    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool started, ending;
};

/* `turns` is all zero; pv_turns_clean_up is due even after a failure. No turn is done before
 * pv_turns_start. `options` and what `work` points to must outlive it. */
enum pv_status pv_turns_init(struct pv_turns *turns, const struct pv_turns_work *work,
                             const struct pv_redis_options *options,
                             struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_turns_start(struct pv_turns *turns, struct pv_error *error) PV_MUST_CHECK;

/* True while the thread is to end: a long turn looks at it. */
bool pv_turns_are_ending(struct pv_turns *turns);

/* Ends the thread after the turn at hand. What is above may then be called from the caller's. */
void pv_turns_end(struct pv_turns *turns);
/* Gives the lock back. Behind pv_turns_end. */
void pv_turns_clean_up(struct pv_turns *turns);

/* Loads the function library unless Redis has it: what a turn begins with. */
enum pv_status pv_turns_load(struct pv_turns *turns, struct pv_error *error) PV_MUST_CHECK;
/* Ends the connection, holds no lock any more, and calls `work.doubt`. */
void pv_turns_doubt(struct pv_turns *turns);
/* Counts a failure, and logs it. */
void pv_turns_note(struct pv_turns *turns, const struct pv_error *error, int64_t retry_ms);

#endif
