/* The accumulator: counts of the events of one partition between two offsets.
 *
 * An article's text is stored once, with a cell for each minute in which it was viewed. Memory is
 * fixed by `max_cells` and PV_BATCH_TEXT_MAX; a batch that is full takes no more. */
#ifndef AGGREGATOR_BATCH_H
#define AGGREGATOR_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/batch_facts.h"
#include "pageview/buffer.h"
#include "pageview/event.h"
#include "pageview/reason.h"
#include "pageview/status.h"

#define PV_BATCH_TEXT_MAX     262144 /* bytes of article ids in a batch */
#define PV_BATCH_FILTERED_MAX 64     /* different (day, reason) pairs in a batch */

/* No offset is stored yet: the batch begins at the beginning of the log. */
#define PV_OFFSET_NONE INT64_C(-1)

struct pv_batch_article {
    uint64_t hash;
    uint32_t text_at; /* in texts */
    uint32_t length;
    uint32_t newest_cell;
};

/* Views of an article in a minute. */
struct pv_batch_cell {
    uint32_t article; /* index */
    uint32_t minute;  /* since the Unix epoch */
    uint32_t count;
    uint32_t older_cell; /* of the same article, PV_BATCH_NO_CELL at the end */
};
#define PV_BATCH_NO_CELL UINT32_MAX

struct pv_batch_filtered {
    int64_t day_ms; /* start of the UTC day */
    enum pv_reason reason;
    int64_t count;
};

struct pv_batch {
    int32_t partition;
    uint64_t epoch;    /* of the partition's assignment; its owner's business */
    int64_t from;      /* PV_OFFSET_NONE or the first offset */
    int64_t to;        /* the offset behind the last event; equals from when there is none */
    int64_t opened_ms; /* monotonic */
    int64_t views, events, rejected;
    int64_t watermark_ms;  /* highest time of a valid event, -1 before the first; its owner's */
    int64_t origin;        /* where the log was read from, for the first batch of a partition */
    int64_t repeats_from;  /* PV_OFFSET_NONE, or what the memory of repeats is rebuilt from */
    bool idle;             /* the log has nothing behind `to` */
    int64_t caught_up_ms;  /* wall clock: when the brokers last said so, or 0 */
    bool visits_wait;      /* Redis is to keep the visits as they are (waiting_visits.h) */
    uint32_t last_article; /* of the last view that was added: index */
    struct pv_batch_facts facts;

    size_t max_cells, article_count, cell_count, filtered_count;
    struct pv_batch_article *articles;
    struct pv_batch_cell *cells;
    uint32_t *slots; /* hash table of article index + 1; 0 is free */
    size_t slot_count;
    struct pv_buffer texts;
    struct pv_batch_filtered filtered[PV_BATCH_FILTERED_MAX];

    bool stale;     /* the committer's answer: Redis did not take it and stands at `stored` */
    int64_t stored; /* PV_OFFSET_NONE: nothing is stored */

    struct pv_batch *next; /* for lists of batches; their owner's business */
};

enum pv_status pv_batch_new(size_t max_cells, struct pv_batch **batch,
                            struct pv_error *error) PV_MUST_CHECK;
void pv_batch_destroy(struct pv_batch *batch);

/* Makes it empty, for the events of `partition` from offset `from`; `now_ms` is monotonic. */
void pv_batch_open(struct pv_batch *batch, int32_t partition, int64_t from, int64_t now_ms);

/* The hash that the batch knows an article by; fetches its slot from memory, and does not wait. */
uint64_t pv_batch_prefetch(const struct pv_batch *batch, struct pv_text article);

/* Counts the event at `offset` as a view. False, with nothing changed: the batch is full. */
bool pv_batch_add_view(struct pv_batch *batch, int64_t offset, struct pv_text article,
                       int64_t ts_ms);

/* Counts the event at `offset` under a reason, on the day of `ts_ms`. False as above. */
bool pv_batch_add_filtered(struct pv_batch *batch, int64_t offset, enum pv_reason reason,
                           int64_t ts_ms);

/* False when pv_batch_add_filtered may be refused. */
bool pv_batch_has_filtered_room(const struct pv_batch *batch);

/* Moves the end to `next_offset` where the log has nothing to count before it. */
void pv_batch_extend(struct pv_batch *batch, int64_t next_offset);

#endif
