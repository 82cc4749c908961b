/* The counts of a batch in the order of their minutes: where each bucket begins and ends, and what
 * each article has in it. */
#ifndef AGGREGATOR_COMMIT_CELLS_H
#define AGGREGATOR_COMMIT_CELLS_H

#include "aggregator/batch.h"
#include "pageview/bucket.h"

struct pv_commit_cells {
    const struct pv_batch *batch;
    uint64_t *by_minute; /* as minute << 32 | cell */
    uint64_t *sums;      /* by article: its views in the cells that were summed; 0 for all others */
    uint32_t *touched;   /* the articles that have any */
};

enum pv_status pv_commit_cells_init(struct pv_commit_cells *cells, size_t max_cells,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_commit_cells_clean_up(struct pv_commit_cells *cells);

/* Takes up the cells of `batch`, which must not change while they are used. */
void pv_commit_cells_sort(struct pv_commit_cells *cells, const struct pv_batch *batch);

/* Cells are numbered in the order of their minutes. */
int64_t pv_commit_cells_time_ms(const struct pv_commit_cells *cells, size_t i);

/* First cell behind `first` that lies in another bucket. */
size_t pv_commit_cells_bucket_end(const struct pv_commit_cells *cells, size_t first,
                                  enum pv_bucket_size size);

/* Views of cells [first, end). */
uint64_t pv_commit_cells_views(const struct pv_commit_cells *cells, size_t first, size_t end);

/* Adds cells [first, end) into `sums`, which the caller brings back to 0; returns how many articles
 * they touch. */
size_t pv_commit_cells_sum(struct pv_commit_cells *cells, size_t first, size_t end);

#endif
