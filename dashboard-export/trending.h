/* A trending list with what else is known of its articles. */
#ifndef DASHBOARD_EXPORT_TRENDING_H
#define DASHBOARD_EXPORT_TRENDING_H

#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/offsets.h"

/* Redis has no longer lists. */
enum { PV_TRENDING_MAX = 1000 };

/* Texts end with a NUL, and belong to the list. */
struct pv_trending_item {
    const char *article;
    size_t length;
    const char *score;           /* as Redis writes it, a number to JSON too */
    int64_t views;               /* of all time */
    const char *title, *section; /* NULL: no event told */
};

/* All zero is empty. */
struct pv_trending {
    struct pv_trending_item *items; /* highest score first */
    size_t count;
    struct pv_offsets offsets;           /* of the views */
    struct pv_redis_reply *list, *about; /* hold the texts */
};

/* Reads the first `limit` (1 to PV_TRENDING_MAX) of `list`; of the whole site when `section` is
 * NULL. First the list, then all that is said of its articles, of one moment. On PV_OK the caller
 * cleans up. Articles that are not UTF-8 are left out. */
enum pv_status pv_trending_read(struct pv_redis *redis, const char *prefix, const char *list,
                                const char *section, size_t limit, struct pv_trending *trending,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_trending_clean_up(struct pv_trending *trending);

#endif
