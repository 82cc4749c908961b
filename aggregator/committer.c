#include "aggregator/committer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/facts.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"
#include "pageview/timed_wait.h"

enum {
    WINDOW_MAX = 16, /* calls on their way to Redis at once, one a partition */
    REJECTS_FLUSH_MS = 1000,
};

struct batch_list {
    struct pv_batch *first, *last;
};

struct pv_committer {
    const struct pv_committer_config *config;
    struct pv_redis *redis;
    struct pv_commit_call *call;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock;
    pthread_cond_t work, finished;
    struct batch_list queue;   /* handed over */
    struct batch_list results; /* answered */
    size_t pending;
    bool ending;
};

static void list_append(struct batch_list *list, struct pv_batch *batch)
{
    batch->next = NULL;
    if (list->last != NULL)
        list->last->next = batch;
    else
        list->first = batch;
    list->last = batch;
}

static struct pv_batch *list_pop(struct batch_list *list)
{
    struct pv_batch *batch = list->first;

    if (batch == NULL)
        return NULL;
    list->first = batch->next;
    if (list->first == NULL)
        list->last = NULL;
    batch->next = NULL;
    return batch;
}

/* Takes the batch out of the middle of the list; it is there. */
static void list_remove(struct batch_list *list, struct pv_batch *batch)
{
    struct batch_list rest = {NULL, NULL};

    for (struct pv_batch *at; (at = list_pop(list)) != NULL;)
        if (at != batch)
            list_append(&rest, at);
    *list = rest;
}

static void list_destroy(struct batch_list *list)
{
    for (struct pv_batch *batch; (batch = list_pop(list)) != NULL;)
        pv_batch_destroy(batch);
}

/* The oldest batch of each partition in the queue, which stays as it is. */
static size_t choose_window(const struct batch_list *queue, struct pv_batch *window[WINDOW_MAX])
{
    size_t count = 0;

    for (struct pv_batch *batch = queue->first; batch != NULL && count < WINDOW_MAX;
         batch = batch->next) {
        bool first = true;

        for (size_t i = 0; i < count && first; i++)
            first = window[i]->partition != batch->partition;
        if (first)
            window[count++] = batch;
    }
    return count;
}

static bool is_ending(struct pv_committer *committer)
{
    bool ending;

    pthread_mutex_lock(&committer->lock);
    ending = committer->ending;
    pthread_mutex_unlock(&committer->lock);
    return ending;
}

/* True when the copies of rejected events are on the brokers. Kafka may take its time: the copies
 * are bounded, since no batch is filled while all wait here. */
static bool flush_rejects(struct pv_committer *committer)
{
    while (!pv_kafka_rejects_flush(committer->config->rejects, REJECTS_FLUSH_MS)) {
        if (is_ending(committer))
            return false;
        pv_log(PV_LOG_WARN, "rejects_pending",
               PV_TEXT("why", "Kafka has not taken the copies of rejected events yet"));
    }
    return true;
}

static enum pv_status send_batch(struct pv_committer *committer, const struct pv_batch *batch,
                                 struct pv_error *error)
{
    const struct pv_committer_config *config = committer->config;
    int64_t wall_ms = pv_clock_now_ms(config->clock);
    int64_t now_ms =
        config->context->by_events ? pv_metric_get(&config->metrics->event_clock_ms) : wall_ms;
    const char **arguments;
    const size_t *lengths;
    int count;
    enum pv_status status;

    if (batch->rejected > 0 && !flush_rejects(committer))
        return pv_error_set(error, PV_UNAVAILABLE, "ending before rejected events were copied");
    status = pv_commit_call_build(committer->call, batch, config->context, now_ms, wall_ms,
                                  &arguments, &lengths, &count, error);
    if (status == PV_OK)
        status = pv_redis_send(committer->redis, count, arguments, lengths, error);
    return status;
}

/* What "ok" says beside: { word, offset, articles renamed, facts refused, why, clock }. */
static void note_answer(struct pv_committer *committer, const struct pv_redis_reply *reply)
{
    struct pv_aggregator_metrics *metrics = committer->config->metrics;
    int64_t others = pv_redis_reply_number(pv_redis_reply_at(reply, 2), 0);
    int64_t refused = pv_redis_reply_number(pv_redis_reply_at(reply, 3), 0);
    const char *why = pv_redis_reply_text(pv_redis_reply_at(reply, 4), NULL);

    if (committer->config->context->by_events)
        pv_metric_set(&metrics->event_clock_ms,
                      pv_redis_reply_number(pv_redis_reply_at(reply, 5), 0));
    if (others > 0) {
        pv_metric_add(&metrics->articles_refused, others);
        pv_log(PV_LOG_ERROR, "too_many_new_articles", PV_NUMBER("articles", others),
               PV_NUMBER("limit", committer->config->context->max_new_articles),
               PV_TEXT("advice", "their views count under " PV_ARTICLE_OTHER
                                 " until the next hour: look for junk URLs, or raise "
                                 "--max-new-articles-per-hour"));
    }
    if (refused > 0) {
        pv_metric_add(&metrics->facts_refused, refused);
        pv_log(PV_LOG_WARN, "facts_refused", PV_NUMBER("facts", refused),
               PV_TEXT("error", why != NULL ? why : ""));
    }
}

static enum pv_status receive_answer(struct pv_committer *committer, struct pv_batch *batch,
                                     struct pv_error *error)
{
    struct pv_aggregator_metrics *metrics = committer->config->metrics;
    struct pv_redis_reply *reply;
    enum pv_status status = pv_redis_receive(committer->redis, &reply, error);
    const char *word;

    if (status == PV_REFUSED && strstr(error->text, "Function not found") != NULL)
        status = pv_error_set(error, PV_LOST, "Redis has lost the function library");
    if (status != PV_OK)
        return status;
    word = pv_redis_reply_count(reply) >= 2 ? pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL)
                                            : NULL;
    if (word == NULL ||
        (strcmp(word, "ok") != 0 && strcmp(word, "already") != 0 && strcmp(word, "stale") != 0)) {
        pv_redis_reply_destroy(reply);
        return pv_error_set(error, PV_REFUSED,
                            "Redis: pv_commit gave an answer of another version");
    }
    batch->stale = strcmp(word, "stale") == 0;
    batch->stored = pv_redis_reply_number(pv_redis_reply_at(reply, 1), PV_OFFSET_NONE);
    if (batch->from != batch->to)
        pv_metric_add(batch->stale                   ? &metrics->stale
                      : strcmp(word, "already") == 0 ? &metrics->already
                                                     : &metrics->commits,
                      1);
    if (pv_redis_reply_count(reply) == 6)
        note_answer(committer, reply);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

static void finish(struct pv_committer *committer, struct pv_batch *batch)
{
    pthread_mutex_lock(&committer->lock);
    list_remove(&committer->queue, batch);
    list_append(&committer->results, batch);
    pthread_cond_signal(&committer->finished);
    pthread_mutex_unlock(&committer->lock);
}

/* Sends the window and takes the answers; what is answered becomes a result. The worst status of
 * all is returned, with its error. */
static enum pv_status commit_window(struct pv_committer *committer, struct pv_batch **window,
                                    size_t count, struct pv_error *error)
{
    enum pv_status worst = PV_OK;
    size_t sent = 0;

    while (sent < count && worst == PV_OK) {
        worst = send_batch(committer, window[sent], error);
        sent += worst == PV_OK;
    }
    for (size_t i = 0; i < sent; i++) {
        struct pv_error why;
        enum pv_status status = receive_answer(committer, window[i], &why);

        if (status == PV_OK) {
            finish(committer, window[i]);
        } else if (worst == PV_OK || worst == PV_UNAVAILABLE) {
            worst = status;
            *error = why;
        }
    }
    return worst;
}

static void pause_ms(struct pv_committer *committer, int64_t ms)
{
    struct timespec until = pv_timed_until(ms);

    pthread_mutex_lock(&committer->lock);
    if (!committer->ending)
        pthread_cond_timedwait(&committer->work, &committer->lock, &until);
    pthread_mutex_unlock(&committer->lock);
}

static void recover(struct pv_committer *committer, enum pv_status status,
                    const struct pv_error *error, struct pv_backoff *backoff)
{
    int64_t retry_ms = pv_backoff_next_ms(backoff);
    struct pv_error why;

    pv_metric_add(&committer->config->metrics->redis_errors, 1);
    pv_metric_set(&committer->config->metrics->redis_up, 0);
    pv_log(PV_LOG_WARN, "commit_failed", PV_TEXT("error", error->text),
           PV_NUMBER("retry_ms", retry_ms));
    if (status == PV_LOST && pv_facts_load_library(committer->redis, &why) != PV_OK)
        pv_log(PV_LOG_WARN, "library_not_loaded", PV_TEXT("error", why.text));
    pause_ms(committer, retry_ms);
}

static void *run(void *context)
{
    struct pv_committer *committer = context;
    struct pv_backoff backoff = {0};

    while (!is_ending(committer)) {
        struct pv_batch *window[WINDOW_MAX];
        struct pv_error error;
        enum pv_status status;
        size_t count;

        pthread_mutex_lock(&committer->lock);
        while (committer->queue.first == NULL && !committer->ending)
            pthread_cond_wait(&committer->work, &committer->lock);
        count = choose_window(&committer->queue, window);
        pthread_mutex_unlock(&committer->lock);
        if (count == 0)
            continue;
        status = commit_window(committer, window, count, &error);
        if (status != PV_OK) {
            recover(committer, status, &error, &backoff);
            continue;
        }
        backoff = (struct pv_backoff){0};
        pv_metric_set(&committer->config->metrics->redis_up, 1);
        pv_metric_set(&committer->config->metrics->last_commit_ms,
                      pv_clock_now_ms(committer->config->clock));
    }
    return NULL;
}

enum pv_status pv_committer_new(const struct pv_committer_config *config,
                                struct pv_committer **committer, struct pv_error *error)
{
    struct pv_committer *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the committer");
    made->config = config;
    pthread_mutex_init(&made->lock, NULL);
    pv_timed_cond_init(&made->work);
    pv_timed_cond_init(&made->finished);
    status = pv_redis_new(config->redis, &made->redis, error);
    if (status == PV_OK)
        status = pv_commit_call_new(config->max_cells, &made->call, error);
    if (status == PV_OK && pthread_create(&made->thread, NULL, run, made) != 0)
        status = pv_error_nomem(error, "the committer's thread");
    if (status != PV_OK) {
        pv_committer_destroy(made);
        return status;
    }
    made->started = true;
    *committer = made;
    return PV_OK;
}

void pv_committer_destroy(struct pv_committer *committer)
{
    if (committer == NULL)
        return;
    if (committer->started) {
        pthread_mutex_lock(&committer->lock);
        committer->ending = true;
        pthread_cond_signal(&committer->work);
        pthread_mutex_unlock(&committer->lock);
        pthread_join(committer->thread, NULL);
    }
    list_destroy(&committer->queue);
    list_destroy(&committer->results);
    pv_commit_call_destroy(committer->call);
    pv_redis_destroy(committer->redis);
    pthread_cond_destroy(&committer->finished);
    pthread_cond_destroy(&committer->work);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}

void pv_committer_submit(struct pv_committer *committer, struct pv_batch *batch)
{
    pthread_mutex_lock(&committer->lock);
    list_append(&committer->queue, batch);
    committer->pending++;
    pthread_cond_signal(&committer->work);
    pthread_mutex_unlock(&committer->lock);
}

struct pv_batch *pv_committer_next_result(struct pv_committer *committer, int timeout_ms)
{
    struct pv_batch *batch;
    struct timespec until = pv_timed_until(timeout_ms);

    pthread_mutex_lock(&committer->lock);
    while (timeout_ms > 0 && committer->results.first == NULL)
        if (pthread_cond_timedwait(&committer->finished, &committer->lock, &until) != 0)
            break;
    batch = list_pop(&committer->results);
    if (batch != NULL)
        committer->pending--;
    pthread_mutex_unlock(&committer->lock);
    return batch;
}

size_t pv_committer_pending(struct pv_committer *committer)
{
    size_t pending;

    pthread_mutex_lock(&committer->lock);
    pending = committer->pending;
    pthread_mutex_unlock(&committer->lock);
    return pending;
}
