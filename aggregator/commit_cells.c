#include "aggregator/commit_cells.h"

#include <stdlib.h>

enum pv_status pv_commit_cells_init(struct pv_commit_cells *cells, size_t max_cells,
                                    struct pv_error *error)
{
    *cells = (struct pv_commit_cells){.by_minute = malloc(max_cells * sizeof *cells->by_minute),
                                      .sums = calloc(max_cells, sizeof *cells->sums),
                                      .touched = malloc(max_cells * sizeof *cells->touched)};
    if (cells->by_minute == NULL || cells->sums == NULL || cells->touched == NULL)
        return pv_error_nomem(error, "a commit");
    return PV_OK;
}

void pv_commit_cells_clean_up(struct pv_commit_cells *cells)
{
    free(cells->by_minute);
    free(cells->sums);
    free(cells->touched);
}

static int compare_minutes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

void pv_commit_cells_sort(struct pv_commit_cells *cells, const struct pv_batch *batch)
{
    bool sorted = true;

    cells->batch = batch;
    for (uint32_t i = 0; i < batch->cell_count; i++) {
        cells->by_minute[i] = (uint64_t)batch->cells[i].minute << 32 | i;
        sorted = sorted && (i == 0 || cells->by_minute[i - 1] < cells->by_minute[i]);
    }
    if (!sorted)
        qsort(cells->by_minute, batch->cell_count, sizeof *cells->by_minute, compare_minutes);
}

int64_t pv_commit_cells_time_ms(const struct pv_commit_cells *cells, size_t i)
{
    return (int64_t)(cells->by_minute[i] >> 32) * PV_MINUTE_MS;
}

size_t pv_commit_cells_bucket_end(const struct pv_commit_cells *cells, size_t first,
                                  enum pv_bucket_size size)
{
    int64_t start_ms = pv_bucket_start_ms(size, pv_commit_cells_time_ms(cells, first));
    size_t end = first + 1;

    while (end < cells->batch->cell_count &&
           pv_bucket_start_ms(size, pv_commit_cells_time_ms(cells, end)) == start_ms)
        end++;
    return end;
}

static const struct pv_batch_cell *cell_at(const struct pv_commit_cells *cells, size_t i)
{
    return &cells->batch->cells[(uint32_t)cells->by_minute[i]];
}

uint64_t pv_commit_cells_views(const struct pv_commit_cells *cells, size_t first, size_t end)
{
    uint64_t views = 0;

    for (size_t i = first; i < end; i++)
        views += cell_at(cells, i)->count;
    return views;
}

size_t pv_commit_cells_sum(struct pv_commit_cells *cells, size_t first, size_t end)
{
    size_t touched = 0;

    for (size_t i = first; i < end; i++) {
        const struct pv_batch_cell *cell = cell_at(cells, i);

        if (cells->sums[cell->article] == 0)
            cells->touched[touched++] = cell->article;
        cells->sums[cell->article] += cell->count;
    }
    return touched;
}
