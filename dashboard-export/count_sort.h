/* Sorts counts by name, in place.
 *
 * Three-way radix quicksort (Bentley and Sedgewick, "Fast Algorithms for Sorting and Searching
 * Strings", 1997), four bytes at a time, which are kept in the item while they are needed (Ng and
 * Kakehi, "Cache Efficient Radix Sort for String Sorting", 2007): looking at a name costs a miss of
 * the processor's cache. What all of a part begin with is stepped over at once. qsort would take
 * memory for a second list, and compare the beginnings that ids of a site have in common again and
 * again. Recursion is only into the smaller parts, so it is as deep as the logarithm of the length
 * at most. */
#ifndef DASHBOARD_EXPORT_COUNT_SORT_H
#define DASHBOARD_EXPORT_COUNT_SORT_H

#include "dashboard-export/count_list.h"

/* By name bytewise, and of equal names the larger count first. */
void pv_count_sort(struct pv_count *items, size_t count);

#endif
