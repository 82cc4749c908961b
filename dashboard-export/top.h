/* The most viewed articles among any number of them, in memory that follows the limit alone.
 *
 * It keeps up to twice the limit; when full it sorts, drops doubles and cuts back to the limit.
 * From then on an article that ranks behind the last of those is not even looked at, so that
 * sorting is rare. A heap would do with half the memory, but would need an index to find the
 * doubles that HSCAN gives. */
#ifndef DASHBOARD_EXPORT_TOP_H
#define DASHBOARD_EXPORT_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/counts.h"
#include "pageview/status.h"

struct pv_top_item {
    char *article;
    size_t length;
    int64_t views;
};

struct pv_top {
    struct pv_top_item *items; /* ranked only after pv_top_finish */
    size_t count;
    size_t limit;
    bool has_floor; /* items[limit - 1] is the last that can still be among the first `limit` */
};

/* `limit` >= 1. */
enum pv_status pv_top_init(struct pv_top *top, size_t limit, struct pv_error *error) PV_MUST_CHECK;
void pv_top_clean_up(struct pv_top *top);

/* Forgets all articles. */
void pv_top_reset(struct pv_top *top);

/* Adds an article; its name is copied. One that was added before holds its larger count. */
enum pv_status pv_top_add(struct pv_top *top, const char *article, size_t length, int64_t views,
                          struct pv_error *error) PV_MUST_CHECK;

/* Leaves at most `limit` items, ranked by views, largest first; ties as ZREVRANGE has them, by
 * name bytewise, largest first. */
void pv_top_finish(struct pv_top *top);

/* Adds to `top`; belongs to it. */
struct pv_counts_target pv_top_target(struct pv_top *top);

#endif
