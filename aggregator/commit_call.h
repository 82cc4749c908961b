/* A batch as one call of the Redis function pv_commit (aggregator/redis/commit.lua):
 * which hashes it adds to, by how much, and when each of them expires. */
#ifndef AGGREGATOR_COMMIT_CALL_H
#define AGGREGATOR_COMMIT_CALL_H

#include "aggregator/batch.h"

/* How long a bucket is kept after its end, in ms. */
struct pv_retention {
    int64_t minutes_ms, hours_ms, days_ms;
};

/* What the calls of one aggregator have in common. */
struct pv_commit_context {
    const char *prefix;
    const char *facts_prefix; /* of descriptions and visitors; NULL: `prefix` */
    const char *topic;
    const struct pv_retention *retention;
    int32_t partitions;       /* of the topic */
    bool by_events;           /* the clock is that of the events */
    int64_t max_new_articles; /* an hour; 0: no limit */
};

struct pv_commit_call;

/* Scratch memory for one call at a time; it grows to the largest batch and stays. */
enum pv_status pv_commit_call_new(size_t max_cells, struct pv_commit_call **call,
                                  struct pv_error *error) PV_MUST_CHECK;
void pv_commit_call_destroy(struct pv_commit_call *call);

/* Builds the call. Buckets whose time to be kept is over at `now_ms` are left out; `now_ms` is by
 * the clock of the counts, `wall_ms` by that of Redis, which lets keys expire.
 * `*arguments` and `*lengths` belong to `call` until its next use. PV_NOMEM otherwise. */
enum pv_status pv_commit_call_build(struct pv_commit_call *call, const struct pv_batch *batch,
                                    const struct pv_commit_context *context, int64_t now_ms,
                                    int64_t wall_ms, const char ***arguments,
                                    const size_t **lengths, int *count,
                                    struct pv_error *error) PV_MUST_CHECK;

#endif
