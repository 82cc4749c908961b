/* Visits in Redis: the stream pv:visits, in which every aggregator puts a sample of the visits that
 * it counts, and from which one of them counts co-views.
 *
 * An entry has up to PV_VISIT_FEED_BYTES of packed visits, and the stream the last
 * PV_VISIT_STREAM_ENTRIES of them: 36 MiB at the very worst. An aggregator adds one a second at
 * most, so it reaches back an hour at least for one aggregator, and longer the less there is to
 * say. Who begins to count begins with what is there. */
#ifndef AGGREGATOR_ALSO_READ_VISIT_STREAM_H
#define AGGREGATOR_ALSO_READ_VISIT_STREAM_H

#include "aggregator/also_read/visit_feed.h"
#include "pageview/redis_client.h"

enum { PV_VISIT_STREAM_ENTRIES = 4096 };

/* What is in the stream, and the key of the readers' hashes, are removed after a day, so that
 * nobody can be followed for longer. */
#define PV_VISIT_STREAM_MS INT64_C(86400000)

struct pv_visit_stream {
    struct pv_redis *redis;
    const char *prefix;
    char cursor[48]; /* what was read last; empty: nothing yet */
};

/* Reads the key that all aggregators share, or makes it. Never 0. */
enum pv_status pv_visit_stream_key(struct pv_visit_stream *stream, uint64_t *key,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Adds an entry, and removes those that are too old then, by Redis's clock; `halvings` is the
 * sample's (visit_feed.h). */
enum pv_status pv_visit_stream_send(struct pv_visit_stream *stream, const char *visits,
                                    size_t length, unsigned halvings,
                                    struct pv_error *error) PV_MUST_CHECK;

/* Who is given each entry that was read: the packed visits, the halvings of their sample, 0 to 63,
 * and when they were sent, by Redis's clock. */
struct pv_visit_taker {
    void (*take)(void *context, const char *visits, size_t length, unsigned halvings,
                 int64_t sent_ms);
    void *context;
};

/* Reads the next entries, a page of them; `*at_end` says that there were no more. */
enum pv_status pv_visit_stream_read(struct pv_visit_stream *stream,
                                    const struct pv_visit_taker *taker, bool *at_end,
                                    struct pv_error *error) PV_MUST_CHECK;

#endif
