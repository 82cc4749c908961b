/* The arguments of pv_commit beside the counts, as MessagePack: notes that go with the offset, what
 * articles are called, and who visited. docs/redis-schema.md has their layout. */
#ifndef AGGREGATOR_COMMIT_FACTS_H
#define AGGREGATOR_COMMIT_FACTS_H

#include "aggregator/commit_call.h"

/* How long the visitors of an article's day and of the site's minute are kept after its end, in ms.
 */
#define PV_KEEP_DAY_VISITORS_MS    (32 * PV_DAY_MS)
#define PV_KEEP_MINUTE_VISITORS_MS PV_HOUR_MS

struct pv_commit_time {
    int64_t now_ms;  /* by the clock of the counts */
    int64_t wall_ms; /* by the clock of Redis */
};

/* Each appends to `bytes`; the last two append nothing when there is nothing to tell. */
void pv_commit_write_notes(struct pv_buffer *bytes, const struct pv_batch *batch,
                           const struct pv_commit_context *context,
                           const struct pv_commit_time *time);
void pv_commit_write_descriptions(struct pv_buffer *bytes, const struct pv_batch *batch,
                                  const struct pv_commit_context *context,
                                  const struct pv_commit_time *time);
void pv_commit_write_visits(struct pv_buffer *bytes, const struct pv_batch *batch,
                            const struct pv_commit_context *context,
                            const struct pv_commit_time *time);

#endif
