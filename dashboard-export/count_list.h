/* All counts of one hash, sorted by name. Its memory is that of the names, and 24 bytes a name. */
#ifndef DASHBOARD_EXPORT_COUNT_LIST_H
#define DASHBOARD_EXPORT_COUNT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/counts.h"
#include "pageview/status.h"

struct pv_count {
    const char *name; /* belongs to the list; no NUL at its end */
    uint32_t length;  /* Redis has none beyond 512 MiB */
    uint32_t key;     /* count_sort.c's own */
    int64_t count;
};

struct pv_name_block;

/* All zero is an empty list. */
struct pv_count_list {
    struct pv_count *items; /* sorted only after pv_count_list_finish */
    size_t count, capacity;
    struct pv_name_block *blocks; /* hold the names, which stay in place */
};

void pv_count_list_clean_up(struct pv_count_list *list);

/* Adds a count; its name is copied. */
enum pv_status pv_count_list_add(struct pv_count_list *list, const char *name, size_t length,
                                 int64_t count, struct pv_error *error) PV_MUST_CHECK;

/* Sorts by name bytewise; of a name that stands twice the larger count is kept. */
void pv_count_list_finish(struct pv_count_list *list);

/* Whether a list that is finished has the name. */
bool pv_count_list_has(const struct pv_count_list *list, const char *name, size_t length);

/* Sum of all counts. */
int64_t pv_count_list_sum(const struct pv_count_list *list);

/* Adds to `list`; belongs to it. */
struct pv_counts_target pv_count_list_target(struct pv_count_list *list);

#endif
