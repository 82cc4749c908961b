/* The arguments of pv_commit beside the counts, as MessagePack: notes that go with the offset, what
 * articles are called, and who visited. docs/redis-schema.md has their layout. */
#ifndef AGGREGATOR_COMMIT_FACTS_H
#define AGGREGATOR_COMMIT_FACTS_H

#include "aggregator/commit_call.h"

struct pv_commit_time {
    int64_t now_ms;  /* by the clock of the counts */
    int64_t wall_ms; /* by the clock of Redis */
};

/* When Redis is to let a key go that is kept until `expires_ms` by the clock of the counts: seconds
 * since the Unix epoch. */
int64_t pv_commit_expiry_s(const struct pv_commit_context *context,
                           const struct pv_commit_time *time, int64_t expires_ms);

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
