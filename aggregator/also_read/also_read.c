#include "aggregator/also_read/also_read.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "aggregator/also_read/also_publisher.h"
#include "aggregator/also_read/sample.h"
#include "aggregator/also_read/visit_stream.h"
#include "aggregator/facts.h"
#include "aggregator/random_id.h"
#include "aggregator/redis_lock.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    TURN_MS = 1000,
    HOLD_MS = 5000,    /* the lock is free again this long after its holder was heard of */
    SEND_BYTES = 4096, /* visits are sent when they are so many, */
    SEND_TURNS = 5,    /* or waited for so long: entries of the stream are not to be tiny */
    PAGES_MAX = 16,    /* of the stream in a turn: 2 MiB, some 50,000 visits */
    LISTS_MAX = 100,   /* that are published in a turn */
    FINISH_MS = 3000,
};

struct pv_also_read {
    const struct pv_also_read_config *config;
    char id[PV_RANDOM_ID_SIZE];
    struct pv_redis *redis;
    struct pv_visit_stream stream;
    struct pv_also_publisher publisher;
    struct pv_co_views *views; /* NULL: another process counts */
    struct pv_sample sample;
    bool loaded; /* Redis has the function library */
    bool at_end; /* of the stream: what is in `views` may be published */
    unsigned turns_waited;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, ending;
};

/* While Redis is away the sample would become smaller and smaller. */
static void drop_visits(struct pv_also_read *also_read)
{
    char visits[PV_VISIT_FEED_BYTES];
    unsigned halvings;

    (void)pv_visit_feed_take(also_read->config->feed, SEND_TURNS, visits, &halvings);
}

/* After a failure: the next connection may be to another Redis, or to one that has forgotten. */
static void doubt(struct pv_also_read *also_read)
{
    pv_redis_disconnect(also_read->redis);
    also_read->loaded = false;
    if (also_read->views != NULL)
        pv_co_views_doubt(also_read->views);
    drop_visits(also_read);
}

static void rest(struct pv_also_read *also_read)
{
    pv_co_views_destroy(also_read->views);
    also_read->views = NULL;
    pv_metric_set(&also_read->config->metrics->articles, 0);
}

/* Sends what the pipelines have fed when it is worth an entry, or at once. What cannot be sent is
 * lost: it would be a small part of what is missing then. */
static enum pv_status send_visits(struct pv_also_read *also_read, bool at_once,
                                  struct pv_error *error)
{
    const struct pv_also_read_config *config = also_read->config;
    size_t waiting = pv_visit_feed_waiting(config->feed), length;
    char visits[PV_VISIT_FEED_BYTES];
    unsigned halvings;
    enum pv_status status;

    also_read->turns_waited++;
    if (!at_once && waiting < SEND_BYTES && also_read->turns_waited < SEND_TURNS)
        return PV_OK;
    length = pv_visit_feed_take(config->feed, also_read->turns_waited, visits, &halvings);
    also_read->turns_waited = 0;
    pv_metric_set(&config->metrics->halvings, halvings);
    if (length == 0)
        return PV_OK;
    status = pv_visit_stream_send(&also_read->stream, visits, length, halvings,
                                  pv_clock_now_ms(config->clock), error);
    if (status == PV_OK)
        pv_metric_add(&config->metrics->visit_bytes, (int64_t)length);
    return status;
}

static void take_entry(void *context, const char *visits, size_t length, unsigned halvings,
                       int64_t sent_ms)
{
    struct pv_also_read *also_read = context;
    struct pv_article_visit visit;
    size_t at = 0;

    pv_sample_note(&also_read->sample, halvings, sent_ms);
    while (pv_visit_unpack(visits, length, &at, &visit))
        if (pv_sample_has(&also_read->sample, visit.reader) &&
            !pv_co_views_visit(also_read->views, visit.reader, visit.article, sent_ms))
            pv_log(PV_LOG_WARN, "visit_lost", PV_TEXT("why", "out of memory"));
}

static enum pv_status begin(struct pv_also_read *also_read, struct pv_error *error)
{
    const struct pv_co_views_bounds bounds = PV_CO_VIEWS_BOUNDS;

    also_read->stream.cursor[0] = '\0';
    also_read->sample = (struct pv_sample){0};
    also_read->at_end = false;
    return pv_co_views_new(&bounds, &also_read->views, error);
}

/* Counts what is new in the stream, and publishes what changed by it: some of each, in a turn. */
static enum pv_status count(struct pv_also_read *also_read, struct pv_error *error)
{
    struct pv_also_read_metrics *metrics = also_read->config->metrics;
    enum pv_status status = also_read->views != NULL ? PV_OK : begin(also_read, error);
    const struct pv_visit_taker taker = {take_entry, also_read};
    bool at_end = false;
    size_t sent = 0;

    for (int i = 0; i < PAGES_MAX && status == PV_OK && !at_end; i++)
        status = pv_visit_stream_read(&also_read->stream, &taker, &at_end, error);
    if (status != PV_OK)
        return status;
    also_read->at_end = also_read->at_end || at_end;
    if (also_read->at_end) /* before, lists would be of the visits of an hour ago */
        status = pv_also_publish(&also_read->publisher, also_read->views, LISTS_MAX,
                                 pv_clock_now_ms(also_read->config->clock), &sent, error);
    pv_metric_add(&metrics->lists_sent, status == PV_OK ? (int64_t)sent : 0);
    pv_metric_set(&metrics->articles, (int64_t)pv_co_views_articles(also_read->views));
    return status;
}

/* Whether this process is the one that counts; 0 ms gives that back. */
static enum pv_status hold(struct pv_also_read *also_read, int ms, bool *is_ours,
                           struct pv_error *error)
{
    char key[PV_KEY_SIZE];

    pv_key_also_counter(also_read->config->redis->prefix, key);
    return pv_redis_lock_hold(also_read->redis, key, also_read->id, ms, is_ours, error);
}

static enum pv_status turn(struct pv_also_read *also_read, bool at_once, struct pv_error *error)
{
    enum pv_status status =
        also_read->loaded ? PV_OK : pv_facts_load_library(also_read->redis, error);
    bool is_ours = false;
    uint64_t key;

    also_read->loaded = status == PV_OK;
    if (status == PV_OK)
        status = pv_visit_stream_key(&also_read->stream, &key, error);
    if (status == PV_OK) {
        pv_visit_feed_set_key(also_read->config->feed, key);
        status = send_visits(also_read, at_once, error);
    }
    if (status == PV_OK)
        status = hold(also_read, HOLD_MS, &is_ours, error);
    if (status == PV_OK && is_ours)
        status = count(also_read, error);
    else if (status == PV_OK)
        rest(also_read);
    return status;
}

/* Waits for the next turn; false when there is to be none. */
static bool wait_ms(struct pv_also_read *also_read, int64_t ms)
{
    struct timespec until;
    bool ending;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&also_read->lock);
    while (!also_read->ending &&
           pthread_cond_timedwait(&also_read->wake, &also_read->lock, &until) == 0)
        ;
    ending = also_read->ending;
    pthread_mutex_unlock(&also_read->lock);
    return !ending;
}

static void note_failure(struct pv_also_read *also_read, const struct pv_error *error,
                         int64_t retry_ms)
{
    /* A wrong configuration ends the program, which says why. */
    enum pv_log_level level = error->status == PV_INVALID ? PV_LOG_DEBUG : PV_LOG_WARN;

    pv_metric_add(&also_read->config->metrics->errors, 1);
    pv_log(level, "also_read_failed", PV_TEXT("error", error->text),
           PV_NUMBER("retry_ms", retry_ms));
    doubt(also_read);
}

static void *run(void *context)
{
    struct pv_also_read *also_read = context;
    struct pv_backoff backoff = {0};
    int64_t pause_ms = 0;

    while (wait_ms(also_read, pause_ms)) {
        struct pv_error error;

        if (turn(also_read, false, &error) == PV_OK) {
            backoff = (struct pv_backoff){0};
            pause_ms = TURN_MS;
        } else {
            pause_ms = pv_backoff_next_ms(&backoff);
            note_failure(also_read, &error, pause_ms);
        }
    }
    return NULL;
}

static void end_thread(struct pv_also_read *also_read)
{
    if (!also_read->started)
        return;
    pthread_mutex_lock(&also_read->lock);
    also_read->ending = true;
    pthread_cond_signal(&also_read->wake);
    pthread_mutex_unlock(&also_read->lock);
    pthread_join(also_read->thread, NULL);
    also_read->started = false;
}

enum pv_status pv_also_read_new(const struct pv_also_read_config *config,
                                struct pv_also_read **also_read, struct pv_error *error)
{
    struct pv_also_read *made = calloc(1, sizeof *made);
    pthread_condattr_t attributes;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "also read");
    made->config = config;
    pv_random_id(made->id);
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    status = pv_redis_new(config->redis, &made->redis, error);
    made->stream = (struct pv_visit_stream){.redis = made->redis, .prefix = config->redis->prefix};
    made->publisher =
        (struct pv_also_publisher){.redis = made->redis, .prefix = config->redis->prefix};
    if (status == PV_OK && pthread_create(&made->thread, NULL, run, made) != 0)
        status = pv_error_nomem(error, "also read's thread");
    made->started = status == PV_OK;
    if (status != PV_OK) {
        pv_also_read_destroy(made);
        return status;
    }
    *also_read = made;
    return PV_OK;
}

void pv_also_read_finish(struct pv_also_read *also_read)
{
    int64_t give_up_ms = pv_monotonic_ms() + FINISH_MS;
    struct pv_error error;
    int64_t sent;

    end_thread(also_read);
    do { /* until a turn finds nothing more to publish */
        sent = pv_metric_get(&also_read->config->metrics->lists_sent);
        if (turn(also_read, true, &error) != PV_OK) {
            note_failure(also_read, &error, 0);
            return;
        }
    } while (
        also_read->views != NULL &&
        (!also_read->at_end || pv_metric_get(&also_read->config->metrics->lists_sent) != sent) &&
        pv_monotonic_ms() < give_up_ms && !pv_stop_requested());
}

void pv_also_read_destroy(struct pv_also_read *also_read)
{
    struct pv_error error;
    bool is_ours;

    if (also_read == NULL)
        return;
    end_thread(also_read);
    if (also_read->loaded && (send_visits(also_read, true, &error) != PV_OK ||
                              hold(also_read, 0, &is_ours, &error) != PV_OK))
        pv_log(PV_LOG_DEBUG, "last_visits_lost", PV_TEXT("error", error.text));
    rest(also_read);
    pv_also_publisher_clean_up(&also_read->publisher);
    pv_redis_destroy(also_read->redis);
    pthread_cond_destroy(&also_read->wake);
    pthread_mutex_destroy(&also_read->lock);
    free(also_read);
}
