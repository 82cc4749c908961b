#include "aggregator/also_read/also_read.h"

#include <stdlib.h>

#include "aggregator/also_read/also_publisher.h"
#include "aggregator/also_read/sample.h"
#include "aggregator/also_read/visit_stream.h"
#include "aggregator/turns.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    SEND_BYTES = 4096, /* visits are sent when they are so many, */
    SEND_TURNS = 5,    /* or waited for so long: entries of the stream are not to be tiny */
    PAGES_MAX = 16,    /* of the stream in a turn: 2 MiB, some 50,000 visits */
    LISTS_MAX = 100,   /* that are published in a turn */
    FINISH_MS = 3000,
};

struct pv_also_read {
    const struct pv_also_read_config *config;
    struct pv_turns turns;
    struct pv_visit_stream stream;
    struct pv_also_publisher publisher;
    struct pv_co_views *views; /* NULL: another process counts */
    struct pv_sample sample;
    bool at_end; /* of the stream: what is in `views` may be published */
    unsigned turns_waited;
};

/* While Redis is away the sample would become smaller and smaller. */
static void drop_visits(struct pv_also_read *also_read)
{
    char visits[PV_VISIT_FEED_BYTES];
    unsigned halvings;

    (void)pv_visit_feed_take(also_read->config->feed, SEND_TURNS, visits, &halvings);
}

static void doubt(void *context)
{
    struct pv_also_read *also_read = context;

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
    status = pv_visit_stream_send(&also_read->stream, visits, length, halvings, error);
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

/* Sends what was fed, and counts if the lock is ours. */
static enum pv_status work(struct pv_also_read *also_read, bool at_once, struct pv_error *error)
{
    enum pv_status status = pv_turns_load(&also_read->turns, error);
    uint64_t key;

    if (status == PV_OK)
        status = pv_visit_stream_key(&also_read->stream, &key, error);
    if (status == PV_OK) {
        pv_visit_feed_set_key(also_read->config->feed, key);
        status = send_visits(also_read, at_once, error);
    }
    if (status == PV_OK)
        status = pv_redis_lock_take(&also_read->turns.lock, error);
    if (status == PV_OK && also_read->turns.lock.held)
        status = count(also_read, error);
    else if (status == PV_OK)
        rest(also_read);
    return status;
}

static enum pv_status turn(void *context, int64_t *pause_ms, struct pv_error *error)
{
    struct pv_also_read *also_read = context;

    *pause_ms = also_read->config->interval_ms;
    return work(also_read, false, error);
}

enum pv_status pv_also_read_new(const struct pv_also_read_config *config,
                                struct pv_also_read **also_read, struct pv_error *error)
{
    struct pv_also_read *made = calloc(1, sizeof *made);
    const struct pv_turns_work turns_work = {
        .thread = "also read's thread",
        .failure = "also_read_failed",
        .failures = &config->metrics->errors,
        .turn = turn,
        .doubt = doubt,
        .context = made,
    };
    const char *prefix = config->redis->prefix;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "also read");
    made->config = config;
    pv_key_also_counter(prefix, made->turns.lock.key);
    status = pv_turns_init(&made->turns, &turns_work, config->redis, error);
    made->stream = (struct pv_visit_stream){.redis = made->turns.redis, .prefix = prefix};
    made->publisher = (struct pv_also_publisher){.redis = made->turns.redis, .prefix = prefix};
    if (status == PV_OK)
        status = pv_turns_start(&made->turns, error);
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

    pv_turns_end(&also_read->turns);
    do { /* until a turn finds nothing more to publish */
        sent = pv_metric_get(&also_read->config->metrics->lists_sent);
        if (work(also_read, true, &error) != PV_OK) {
            pv_turns_doubt(&also_read->turns);
            pv_turns_note(&also_read->turns, &error, 0);
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

    if (also_read == NULL)
        return;
    pv_turns_end(&also_read->turns);
    if (also_read->turns.loaded && send_visits(also_read, true, &error) != PV_OK)
        pv_log(PV_LOG_DEBUG, "last_visits_lost", PV_TEXT("error", error.text));
    rest(also_read);
    pv_also_publisher_clean_up(&also_read->publisher);
    pv_turns_clean_up(&also_read->turns);
    free(also_read);
}
