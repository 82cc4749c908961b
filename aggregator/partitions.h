/* Where each assigned partition stands. */
#ifndef AGGREGATOR_PARTITIONS_H
#define AGGREGATOR_PARTITIONS_H

#include "aggregator/batch.h"
#include "aggregator/repeat_memory.h"

struct pv_partition {
    int32_t id;
    bool assigned;     /* fetching, from an offset that Redis gave */
    bool needs_seek;   /* what is fetched is void until a seek to `committed` */
    uint64_t epoch;    /* raised at each assignment and seek; batches of older ones are void */
    int64_t next;      /* offset behind the last event taken, PV_OFFSET_NONE before the first */
    int64_t committed; /* offset in Redis, PV_OFFSET_NONE when there is none */
    int64_t reported;  /* offset told to Kafka */
    int64_t log_end;   /* everything below was taken, though the log may have no event just below */
    int64_t goal;      /* the log's end when it was assigned */
    int64_t high;      /* the log's end as far as is known; its owner keeps it up to date */
    int64_t verified_ms;  /* monotonic */
    int64_t origin;       /* where the log is counted from, when nothing is stored */
    int64_t counted;      /* what was below at the beginning is read for `repeats` only */
    bool idle_told;       /* Redis knows that the log has nothing more */
    int64_t caught_up_ms; /* wall clock: see log_ends.h; to be told to Redis, or 0 */
    bool visits_wait;     /* of batches that are sealed, since one was far from the log's end */
    size_t waiting;       /* batches whose visits wait in Redis, or may: waiting_visits.h */
    struct pv_repeat_memory *repeats; /* NULL without --dedupe */
    size_t in_flight;                 /* batches of this epoch with the committer */
    struct pv_batch *open;
};

struct pv_partitions {
    struct pv_partition *items; /* index is the partition's number */
    size_t count;
    size_t assigned;
};

/* Makes room for partition numbers below `count`. */
enum pv_status pv_partitions_grow(struct pv_partitions *partitions, size_t count,
                                  struct pv_error *error) PV_MUST_CHECK;
/* Frees the table, not the batches. */
void pv_partitions_clean_up(struct pv_partitions *partitions);

/* Sets the partition to fetch from what Redis has; `now_ms` is monotonic. */
void pv_partition_begin(struct pv_partition *partition, int64_t committed, int64_t now_ms);

/* True when `offset`, or PV_OFFSET_NONE, has nothing before `end` still to be counted. */
bool pv_partition_reaches(const struct pv_partition *partition, int64_t offset, int64_t end);

/* True while the log has more waiting behind `batch`, an open one of the partition, than it holds.
 */
bool pv_partition_is_behind(const struct pv_partition *partition, const struct pv_batch *batch);

/* True while so many events of its log are not counted that lists and visitors may wait. */
bool pv_partition_is_far_behind(const struct pv_partition *partition);

/* Nothing open and nothing under way. */
bool pv_partition_is_settled(const struct pv_partition *partition);

#endif
