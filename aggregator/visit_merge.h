/* Visits of many batches, brought together by HyperLogLog: no I/O. */
#ifndef AGGREGATOR_VISIT_MERGE_H
#define AGGREGATOR_VISIT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/hyperloglog.h"

struct pv_merged_set {
    const char *article; /* in a value that was added; length 0: the site */
    uint16_t length;
    uint32_t minute;
};

struct pv_visit_merge {
    struct pv_merged_set *sets;
    size_t set_count, set_capacity;
    uint32_t *slots; /* hash table of set + 1; 0 is free */
    size_t slot_count;
    uint64_t *visits; /* set, register, 255 - rank: in the order that they are wanted in */
    uint64_t *spare;
    size_t visit_count, visit_capacity;
};

/* All zero is an empty one. */
void pv_visit_merge_clean_up(struct pv_visit_merge *merge);

/* Adds the sets of a value (waiting_visits.h), which has to stay where it is. False when it is not
 * of that form, and then nothing of it is added; `*no_memory` says that memory is out. */
bool pv_visit_merge_add(struct pv_visit_merge *merge, const char *value, size_t length,
                        bool *no_memory);

/* Sorts what was added; called once, before the sets are read. */
void pv_visit_merge_sort(struct pv_visit_merge *merge);

/* The places of the set of the visit at `*at`, with rising registers and the highest rank of each;
 * moves `*at` behind them. `*set` is the index of the set. */
size_t pv_visit_merge_next(const struct pv_visit_merge *merge, size_t *at, uint32_t *set,
                           struct pv_hll_place places[PV_HLL_REGISTERS]);

#endif
