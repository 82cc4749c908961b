/* A batch as one call of the Redis function pv_commit (aggregator/redis/pageviews.lua):
 * which hashes it adds to, by how much, and when each of them expires. */
#ifndef AGGREGATOR_COMMIT_CALL_H
#define AGGREGATOR_COMMIT_CALL_H

#include "aggregator/batch.h"

/* How long a bucket is kept after its end, in ms. */
struct pv_retention {
    int64_t minutes_ms, hours_ms, days_ms;
};

struct pv_commit_call;

/* Scratch memory for one call at a time; it grows to the largest batch and stays. */
enum pv_status pv_commit_call_new(size_t max_cells, struct pv_commit_call **call,
                                  struct pv_error *error) PV_MUST_CHECK;
void pv_commit_call_destroy(struct pv_commit_call *call);

/* Builds the call. Buckets whose time to be kept is over at `now_ms` are left out.
 * `*arguments` and `*lengths` belong to `call` until its next use. PV_NOMEM otherwise. */
enum pv_status pv_commit_call_build(struct pv_commit_call *call, const struct pv_batch *batch,
                                    const char *prefix, const char *topic,
                                    const struct pv_retention *retention, int64_t now_ms,
                                    const char ***arguments, const size_t **lengths, int *count,
                                    struct pv_error *error) PV_MUST_CHECK;

#endif
