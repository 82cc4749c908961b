#include "aggregator/also_read/visit_feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HALVINGS_MAX = 40 };

struct pv_visit_feed {
    _Atomic uint64_t key;
    _Atomic uint64_t limit; /* the highest hash that is in the sample: ones only */
    pthread_mutex_t lock;   /* of what follows */
    unsigned halvings;
    size_t length;
    char bytes[PV_VISIT_FEED_BYTES];
};

enum pv_status pv_visit_feed_new(struct pv_visit_feed **feed, struct pv_error *error)
{
    struct pv_visit_feed *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "visits");
    pthread_mutex_init(&made->lock, NULL);
    atomic_init(&made->limit, UINT64_MAX);
    *feed = made;
    return PV_OK;
}

void pv_visit_feed_destroy(struct pv_visit_feed *feed)
{
    if (feed == NULL)
        return;
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}

void pv_visit_feed_set_key(struct pv_visit_feed *feed, uint64_t key)
{
    atomic_store_explicit(&feed->key, key, memory_order_relaxed);
}

static void set_halvings(struct pv_visit_feed *feed, unsigned halvings)
{
    feed->halvings = halvings;
    atomic_store_explicit(&feed->limit, UINT64_MAX >> halvings, memory_order_relaxed);
}

/* Halves the sample, and drops the visits of those who are out of it. */
static void halve(struct pv_visit_feed *feed)
{
    struct pv_article_visit visit;
    size_t at = 0, begin = 0, kept = 0;

    set_halvings(feed, feed->halvings + 1);
    while (pv_visit_unpack(feed->bytes, feed->length, &at, &visit)) {
        if (visit.reader <= UINT64_MAX >> feed->halvings) {
            memmove(feed->bytes + kept, feed->bytes + begin, at - begin);
            kept += at - begin;
        }
        begin = at;
    }
    feed->length = kept;
}

/* Goes through all of the buffer: what comes here is a few hundred visits a second. */
static bool has_enough_of(const struct pv_visit_feed *feed, uint64_t reader)
{
    struct pv_article_visit visit;
    size_t at = 0, count = 0;

    while (pv_visit_unpack(feed->bytes, feed->length, &at, &visit))
        count += visit.reader == reader;
    return count >= PV_VISIT_FEED_READER;
}

static void add(struct pv_visit_feed *feed, const struct pv_article_visit *visit)
{
    size_t size = PV_VISIT_HEAD + visit->article.length;

    if (has_enough_of(feed, visit->reader))
        return;
    while (feed->length + size > PV_VISIT_FEED_BYTES && feed->halvings < HALVINGS_MAX)
        halve(feed);
    if (feed->length + size > PV_VISIT_FEED_BYTES || visit->reader > UINT64_MAX >> feed->halvings)
        return;
    feed->length += pv_visit_pack(visit, feed->bytes + feed->length);
}

void pv_visit_feed_note(struct pv_visit_feed *feed, const struct pv_event *event, int64_t now_ms)
{
    uint64_t key = atomic_load_explicit(&feed->key, memory_order_relaxed);
    struct pv_article_visit visit = {.article = event->article};

    if (event->visitor.length == 0 || event->ts_ms < now_ms - PV_VISIT_AGE_MS || key == 0)
        return;
    visit.reader = XXH3_64bits_withSeed(event->visitor.data, event->visitor.length, key);
    if (visit.reader > atomic_load_explicit(&feed->limit, memory_order_relaxed))
        return;
    pthread_mutex_lock(&feed->lock);
    add(feed, &visit);
    pthread_mutex_unlock(&feed->lock);
}

size_t pv_visit_feed_waiting(struct pv_visit_feed *feed)
{
    size_t length;

    pthread_mutex_lock(&feed->lock);
    length = feed->length;
    pthread_mutex_unlock(&feed->lock);
    return length;
}

size_t pv_visit_feed_take(struct pv_visit_feed *feed, unsigned turns, char out[PV_VISIT_FEED_BYTES],
                          unsigned *halvings)
{
    size_t length;

    pthread_mutex_lock(&feed->lock);
    length = feed->length;
    memcpy(out, feed->bytes, length);
    *halvings = feed->halvings;
    feed->length = 0;
    if (length < PV_VISIT_FEED_BYTES / 4 * (size_t)turns && feed->halvings > 0)
        set_halvings(feed, feed->halvings - 1);
    pthread_mutex_unlock(&feed->lock);
    return length;
}
