#include "dashboard-export/serve/live_source.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dashboard-export/serve/live_reader.h"
#include "dashboard-export/serve/live_slots.h"
#include "pageview/clock.h"
#include "pageview/log.h"
#include "pageview/stop.h"
#include "pageview/timed_wait.h"

/* A reading that takes longer is no reason for others to wait too. */
enum { SLOW_MS = 1000 };

struct pv_live_source {
    struct pv_live_sink sink;
    struct pv_live_reader *reader; /* the thread's */
    struct pv_buffer texts[PV_LIVE_PAGE], live_text;
    pthread_t thread;
    bool has_thread, has_lock;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t asked;
    bool stops, watched, is_reading;
    bool tells_again; /* whoever watches now has not been told the text */
    int64_t reading_since_ms;
    int64_t away_until_ms; /* 0: Redis answered the last time */
    int64_t rests_until_ms;
    struct pv_live_slots slots;
    struct pv_live_slot live;
    struct pv_buffer told; /* the text of live.json that the sink was told last */
};

/* What the thread does next; the slots are its own until they are given back. */
struct reading {
    struct pv_live_slot *slots[PV_LIVE_PAGE];
    size_t count;
    bool with_live;
    int64_t since_ms;
};

static bool live_is_due(const struct pv_live_source *source, int64_t now_ms)
{
    return source->live.state == PV_SLOT_WANTED ||
           (source->watched && !pv_live_slot_is_fresh(&source->live, now_ms - PV_LIVE_JSON_MS + 1));
}

/* Waits until `until_ms` at most, by the monotonic clock; negative: for ever. */
static void wait_until(struct pv_live_source *source, int64_t until_ms)
{
    const struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};

    if (until_ms < 0)
        pthread_cond_wait(&source->asked, &source->lock);
    else
        pthread_cond_timedwait(&source->asked, &source->lock, &until);
}

/* When something is due though nobody asks. */
static int64_t next_tick(const struct pv_live_source *source, int64_t now_ms)
{
    if (source->away_until_ms > now_ms)
        return source->away_until_ms;
    if (source->rests_until_ms > now_ms)
        return source->rests_until_ms;
    if (!source->watched)
        return -1;
    return source->live.state == PV_SLOT_READ ? source->live.read_ms + PV_LIVE_JSON_MS : now_ms;
}

/* Waits for something to read. False: the end; one that the program comes to does not begin another
 * wait for a Redis that may be away. */
static bool wait_for_work(struct pv_live_source *source, struct reading *reading)
{
    bool found = false;

    *reading = (struct reading){0};
    pthread_mutex_lock(&source->lock);
    while (!source->stops && !pv_stop_requested() && !found) {
        int64_t now_ms = pv_monotonic_ms();

        *reading = (struct reading){.since_ms = now_ms};
        if (now_ms >= source->away_until_ms && now_ms >= source->rests_until_ms) {
            reading->with_live = live_is_due(source, now_ms);
            reading->count = pv_live_slots_take(&source->slots, reading->slots, PV_LIVE_PAGE);
        }
        found = reading->with_live || reading->count > 0;
        if (!found)
            wait_until(source, next_tick(source, now_ms));
    }
    source->is_reading = found && !source->stops;
    source->reading_since_ms = reading->since_ms;
    source->rests_until_ms = reading->since_ms + PV_LIVE_REST_MS;
    found = source->is_reading;
    pthread_mutex_unlock(&source->lock);
    return found;
}

/* Asks Redis. The ids stay in place: nobody else touches a slot that is being read. */
static enum pv_status ask_redis(struct pv_live_source *source, const struct reading *reading,
                                struct pv_error *error)
{
    struct pv_text articles[PV_LIVE_PAGE];
    struct pv_buffer *texts[PV_LIVE_PAGE];
    enum pv_status status = pv_live_reader_begin(source->reader, pv_clock_now_ms(&pv_wall_clock),
                                                 reading->since_ms, error);

    for (size_t i = 0; i < reading->count; i++) {
        articles[i] = (struct pv_text){reading->slots[i]->article, reading->slots[i]->length};
        texts[i] = &source->texts[i];
        pv_buffer_reset(texts[i]);
    }
    pv_buffer_reset(&source->live_text);
    if (status == PV_OK && reading->with_live)
        status = pv_live_reader_live(source->reader, &source->live_text, error);
    if (status == PV_OK && reading->count > 0)
        status = pv_live_reader_articles(source->reader, articles, reading->count, texts, error);
    return status;
}

/* Swaps the text into the slot. */
static void store(struct pv_live_slot *slot, struct pv_buffer *text, int64_t read_ms)
{
    enum { ROUND_UP_MS = 999 };
    const struct pv_buffer before = slot->text;

    slot->state = PV_SLOT_READ;
    slot->read_ms = read_ms;
    slot->exists = text->length > 0 && !text->failed;
    if (slot->exists)
        pv_etag_of_content(text->data, text->length, slot->etag);
    pv_time_text(pv_clock_now_ms(&pv_wall_clock) + ROUND_UP_MS, slot->read_by);
    slot->text = *text;
    *text = before;
}

static void store_all(struct pv_live_source *source, const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        store(reading->slots[i], &source->texts[i], reading->since_ms);
    if (reading->with_live)
        store(&source->live, &source->live_text, reading->since_ms);
}

static void give_up(struct pv_live_source *source, int64_t pause_ms)
{
    pv_live_slots_give_up(&source->slots);
    pv_live_slot_give_up(&source->live);
    source->away_until_ms = pv_monotonic_ms() + pause_ms;
}

/* True when the sink has not been told this text yet. The thread alone writes the slot of
 * live.json, so it may read it without the lock. */
static bool is_news(struct pv_live_source *source)
{
    const struct pv_buffer *now = &source->live.text;
    struct pv_buffer *told = &source->told;
    bool same = told->length == now->length && now->length >= PV_SNAPSHOT_STAMP_SIZE &&
                memcmp(told->data + PV_SNAPSHOT_STAMP_SIZE, now->data + PV_SNAPSHOT_STAMP_SIZE,
                       now->length - PV_SNAPSHOT_STAMP_SIZE) == 0;

    if (same || !source->live.exists)
        return false;
    pv_buffer_reset(told);
    pv_buffer_add(told, now->data, now->length);
    return !told->failed;
}

/* Without the line feed at its end the text is one line. */
static void tell(struct pv_live_source *source, bool again)
{
    if (again)
        pv_buffer_reset(&source->told);
    if (is_news(source))
        source->sink.on_live(source->sink.context, source->told.data, source->told.length - 1);
}

static void *read_until_stopped(void *context)
{
    struct pv_live_source *source = context;
    struct pv_backoff backoff = {0};
    struct reading reading;

    while (wait_for_work(source, &reading)) {
        struct pv_error error;
        enum pv_status status = ask_redis(source, &reading, &error);
        int64_t pause_ms = status == PV_OK ? 0 : pv_backoff_next_ms(&backoff);
        bool watched, again;

        pthread_mutex_lock(&source->lock);
        if (status == PV_OK)
            store_all(source, &reading);
        else
            give_up(source, pause_ms);
        source->is_reading = false;
        watched = source->watched && reading.with_live;
        again = watched && status == PV_OK && source->tells_again;
        source->tells_again = source->tells_again && !again;
        pthread_mutex_unlock(&source->lock);
        if (status != PV_OK)
            pv_log(PV_LOG_WARN, "live_failed", PV_TEXT("error", error.text),
                   PV_NUMBER("retry_ms", pause_ms));
        else
            backoff = (struct pv_backoff){0};
        if (status == PV_OK && watched)
            tell(source, again);
        source->sink.on_read(source->sink.context);
    }
    return NULL;
}

static int make_lock(struct pv_live_source *source)
{
    int failure = pthread_mutex_init(&source->lock, NULL);

    if (failure != 0)
        return failure;
    failure = pv_timed_cond_init(&source->asked);
    if (failure != 0)
        pthread_mutex_destroy(&source->lock);
    source->has_lock = failure == 0;
    return failure;
}

enum pv_status pv_live_source_new(const struct pv_redis_options *redis,
                                  const struct pv_live_sink *sink, struct pv_live_source **source,
                                  struct pv_error *error)
{
    struct pv_live_source *made = calloc(1, sizeof *made);
    enum pv_status status;
    int failure;

    *source = NULL;
    if (made == NULL)
        return pv_error_nomem(error, "live answers");
    made->sink = *sink;
    status = pv_live_reader_new(redis, &made->reader, error);
    if (status == PV_OK) {
        failure = make_lock(made);
        if (failure == 0)
            failure = pthread_create(&made->thread, NULL, read_until_stopped, made);
        made->has_thread = failure == 0;
        if (failure != 0)
            status =
                pv_error_set(error, PV_IO, "the thread of live answers: %s", strerror(failure));
    }
    if (status != PV_OK) {
        pv_live_source_destroy(made);
        return status;
    }
    *source = made;
    return PV_OK;
}

void pv_live_source_destroy(struct pv_live_source *source)
{
    if (source == NULL)
        return;
    if (source->has_thread) {
        pthread_mutex_lock(&source->lock);
        source->stops = true;
        pthread_cond_signal(&source->asked);
        pthread_mutex_unlock(&source->lock);
        pthread_join(source->thread, NULL);
    }
    if (source->has_lock) {
        pthread_cond_destroy(&source->asked);
        pthread_mutex_destroy(&source->lock);
    }
    for (size_t i = 0; i < PV_LIVE_PAGE; i++)
        pv_buffer_clean_up(&source->texts[i]);
    pv_buffer_clean_up(&source->live_text);
    pv_buffer_clean_up(&source->live.text);
    pv_buffer_clean_up(&source->told);
    pv_live_slots_clean_up(&source->slots);
    pv_live_reader_destroy(source->reader);
    free(source);
}

void pv_live_source_watch(struct pv_live_source *source, bool watched)
{
    pthread_mutex_lock(&source->lock);
    source->watched = watched;
    source->tells_again = true;
    pthread_cond_signal(&source->asked);
    pthread_mutex_unlock(&source->lock);
}

static void copy_text(const struct pv_live_slot *slot, struct pv_live_text *text)
{
    text->text = (struct pv_buffer){0};
    pv_buffer_add(&text->text, slot->text.data, slot->text.length);
    memcpy(text->etag, slot->etag, sizeof text->etag);
}

/* With the lock. */
static enum pv_live_answer answer(struct pv_live_source *source, struct pv_live_slot *slot,
                                  int64_t since_ms, struct pv_live_text *text)
{
    int64_t now_ms = pv_monotonic_ms();

    if (slot != NULL && pv_live_slot_is_fresh(slot, since_ms)) {
        if (!slot->exists)
            return PV_LIVE_UNKNOWN;
        copy_text(slot, text);
        return PV_LIVE_KNOWN;
    }
    if (source->away_until_ms > now_ms ||
        (source->is_reading && now_ms - source->reading_since_ms > SLOW_MS))
        return PV_LIVE_UNKNOWN;
    if (slot == NULL)
        return PV_LIVE_BUSY;
    if (slot->state != PV_SLOT_READING)
        slot->state = PV_SLOT_WANTED;
    pthread_cond_signal(&source->asked);
    return PV_LIVE_PENDING;
}

enum pv_live_answer pv_live_source_ask(struct pv_live_source *source, const char *article,
                                       size_t length, int64_t asked_ms, struct pv_live_text *text)
{
    int64_t kept_ms = article == NULL ? PV_LIVE_JSON_MS : PV_LIVE_ARTICLE_MS;
    enum pv_live_answer found;
    struct pv_live_slot *slot;

    pthread_mutex_lock(&source->lock);
    slot = article == NULL ? &source->live : pv_live_slots_claim(&source->slots, article, length);
    found = answer(source, slot, asked_ms - kept_ms, text);
    pthread_mutex_unlock(&source->lock);
    return found;
}

bool pv_live_source_recall(struct pv_live_source *source, const char *article, size_t length,
                           const char *generated_at, struct pv_live_text *text)
{
    const struct pv_live_slot *slot;
    bool found;

    pthread_mutex_lock(&source->lock);
    slot = article == NULL ? &source->live : pv_live_slots_find(&source->slots, article, length);
    found = slot != NULL && slot->exists && strcmp(generated_at, slot->read_by) < 0;
    if (found)
        copy_text(slot, text);
    pthread_mutex_unlock(&source->lock);
    return found;
}
