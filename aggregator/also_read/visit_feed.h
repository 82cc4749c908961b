/* Which visits are told to who counts co-views: a bounded sample of the readers.
 *
 * An article's views are in one partition, a reader's are in all of them, so no pipeline sees what
 * else a reader reads. Each tells the visits that it counts, but no more of them than a bound.
 * Leaving out visits would lose pairs of articles faster than it loses visits, and unevenly. So
 * readers are left out: a reader is in the sample while the hash is low enough, and all processes
 * agree about whom that keeps. When the buffer is full the limit is halved, and whoever is above it
 * leaves; when much of it stays empty the limit is doubled. (Adaptive sampling, Wegman 1984: P.
 * Flajolet, "On Adaptive Sampling", Computing 43, 1990.)
 *
 * Visits that are told twice, after a fault, or not at all cost a bit of accuracy and nothing else.
 *
 * Safe to use from all pipelines at once. What a visit outside the sample costs is one hash of the
 * visitor. Memory: a buffer, 8 KiB. */
#ifndef AGGREGATOR_ALSO_READ_VISIT_FEED_H
#define AGGREGATOR_ALSO_READ_VISIT_FEED_H

#include "aggregator/also_read/visit.h"
#include "pageview/status.h"

enum {
    PV_VISIT_FEED_BYTES = 8192, /* packed visits between two takes */
    PV_VISIT_FEED_READER = 8,   /* visits of one reader between two takes: more is no reading */
};

/* Only what was viewed in the last hour is told: a log that is caught up with says what was read
 * together long ago. */
#define PV_VISIT_AGE_MS INT64_C(3600000)

struct pv_visit_feed;

enum pv_status pv_visit_feed_new(struct pv_visit_feed **feed, struct pv_error *error) PV_MUST_CHECK;
void pv_visit_feed_destroy(struct pv_visit_feed *feed);

/* The key of the hashes, not 0, which all processes share. Before it is known nothing is taken. */
void pv_visit_feed_set_key(struct pv_visit_feed *feed, uint64_t key);

/* A view was counted. `now_ms` is by the clock of the counts. */
void pv_visit_feed_note(struct pv_visit_feed *feed, const struct pv_event *event, int64_t now_ms);

/* Bytes that a take would give. */
size_t pv_visit_feed_waiting(struct pv_visit_feed *feed);

/* Copies the packed visits to `out`, and starts again. `turns`, from 1 on, is how long they were
 * gathered, in the caller's turns: the limit is doubled when a turn had less than a quarter of a
 * buffer. `*halvings` says which readers are in: those with so many zero bits above. Returns the
 * length. */
size_t pv_visit_feed_take(struct pv_visit_feed *feed, unsigned turns, char out[PV_VISIT_FEED_BYTES],
                          unsigned *halvings);

#endif
