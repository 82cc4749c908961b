/* Visits that wait in Redis to become HyperLogLogs.
 *
 * While much is waiting in the log, the same HyperLogLogs are visited in every batch, and to add
 * some visitors to each costs Redis more than the counts do. So the visits of such a batch are
 * stored as they are: one value in the batch's own call, moved with the counts and the offset.
 * Later those of many batches are read back, merged, and each HyperLogLog is written once. Whoever
 * has the partition then may do it: what is there is in Redis alone, and merging it twice does no
 * harm.
 *
 * A value is a row of sets, numbers in big-endian order:
 *
 *     2 bytes  length of the article, 0 for the site
 *              the article
 *     4        the minute since the Unix epoch: the site's bucket, or the day's first minute
 *     4        number of places, then for each of them
 *     2, 1     register and rank
 *
 * Memory: up to PV_WAITING_VALUES_MAX values of a partition are read at once, each of a batch's
 * size: 3 bytes a visit and the articles. */
#ifndef AGGREGATOR_WAITING_VISITS_H
#define AGGREGATOR_WAITING_VISITS_H

#include "aggregator/commit_facts.h"
#include "pageview/redis_client.h"

/* When a partition has so many, they are merged whatever else there is to do. */
#define PV_WAITING_VALUES_MAX 16

/* Appends the value for the sorted visits of the batch. */
void pv_waiting_visits_write(struct pv_buffer *bytes, const struct pv_batch *batch);

/* What became of them. */
struct pv_waiting_result {
    size_t values;     /* merged and removed */
    int64_t refused;   /* HyperLogLogs that could not be written */
    char why[256];     /* the first reason; empty without */
    size_t unreadable; /* values that somebody else wrote: removed too */
};

/* Merges all that waits of the partition. After an error some of it may be merged, and all of it
 * still waits. Statuses are those of redis_client.h, and PV_NOMEM. */
enum pv_status pv_waiting_visits_merge(struct pv_redis *redis,
                                       const struct pv_commit_context *context,
                                       const struct pv_commit_time *time, int32_t partition,
                                       struct pv_waiting_result *result,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
