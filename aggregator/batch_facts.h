/* What the events of a batch say beside being views: what articles are called, and who visited.
 *
 * Memory is bounded by the following; facts without room for the next
 * event make the batch full. */
#ifndef AGGREGATOR_BATCH_FACTS_H
#define AGGREGATOR_BATCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/hyperloglog.h"
#include "pageview/buffer.h"
#include "pageview/event.h"

#define PV_FACTS_TEXT_MAX         1048576 /* bytes of titles and sections in a batch */
#define PV_FACTS_VISITS_MAX       65536 /* (visitor, article and day or minute) pairs in a batch */
#define PV_FACTS_DESCRIPTIONS_MAX 2048  /* articles in a batch that are described */

/* A text of the latest event that has one, in the order of (hour, offset). */
struct pv_said_text {
    uint32_t text_at, length; /* in texts; length 0: nothing was said */
    int64_t hour_ms, offset;
};

struct pv_description {
    uint32_t article;                    /* index in the batch */
    int64_t first_seen_ms, last_seen_ms; /* the second is the start of an hour */
    struct pv_said_text title, section;
};

/* The article of a visit to any page of the site. */
#define PV_VISIT_OF_SITE UINT32_MAX

/* Of a visitor only the place is kept: that is all a HyperLogLog keeps. */
struct pv_visit {
    uint32_t article; /* index in the batch, or PV_VISIT_OF_SITE */
    uint32_t minute;  /* since the Unix epoch: the site's bucket, or the day's first minute */
    struct pv_hll_place place;
    bool first; /* of its HyperLogLog, as far as is known: it tells when the key expires */
};

struct pv_batch_facts {
    struct pv_buffer texts;
    struct pv_description *descriptions;
    size_t description_count, description_capacity;
    uint32_t *of_article; /* index in descriptions + 1; 0: none */
    size_t article_capacity;
    struct pv_visit *visits;
    size_t visit_count, visit_capacity;
    struct pv_visit *sorted; /* room to sort them */
    uint64_t *numbers;
};

void pv_batch_facts_clean_up(struct pv_batch_facts *facts);
/* Empties them; `article_count` is that of the batch before it is emptied. */
void pv_batch_facts_reset(struct pv_batch_facts *facts, size_t article_count);

/* True when all facts of any one event fit. */
bool pv_batch_facts_has_room(const struct pv_batch_facts *facts);

/* Adds what `event` at `offset` says of the article with that index. False when memory is out. */
bool pv_batch_facts_describe(struct pv_batch_facts *facts, uint32_t article,
                             const struct pv_event *event, int64_t offset);

/* Adds a visit. False when memory is out. */
bool pv_batch_facts_visit(struct pv_batch_facts *facts, uint32_t article, uint32_t minute,
                          struct pv_hll_place place, bool first);

/* Brings the visits of one HyperLogLog together, in the order of registers, the highest rank of
 * each first. */
void pv_batch_facts_sort(struct pv_batch_facts *facts);

#endif
