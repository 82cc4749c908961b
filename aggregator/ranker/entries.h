/* A copy of a list's entries, and what is different between two. */
#ifndef AGGREGATOR_RANKER_ENTRIES_H
#define AGGREGATOR_RANKER_ENTRIES_H

#include "aggregator/ranker/ranking.h"
#include "pageview/buffer.h"

struct pv_entry; /* an article and its score */

/* All zero is no entries. */
struct pv_entries {
    struct pv_entry *sorted; /* in the order of their articles */
    size_t count;
};

/* PV_NOMEM leaves `*entries` as it was. */
enum pv_status pv_entries_init(struct pv_entries *entries, const struct pv_ranked *ranked,
                               size_t count, struct pv_error *error) PV_MUST_CHECK;
/* Leaves no entries. */
void pv_entries_clean_up(struct pv_entries *entries);

/* The difference as two MessagePack arrays of texts: the articles that left, and article, score,
 * article, score … of those that are new or have another score. All zero is none, with no memory.
 */
struct pv_difference {
    struct pv_buffer gone, changed;
    uint32_t gone_count, changed_count;
    struct pv_buffer scratch;
};

/* Sets `difference` to what leads from `before` to `after`; `gone.failed` and `changed.failed` say
 * that memory is out. */
void pv_entries_compare(const struct pv_entries *before, const struct pv_entries *after,
                        struct pv_difference *difference);
void pv_difference_clean_up(struct pv_difference *difference);

#endif
