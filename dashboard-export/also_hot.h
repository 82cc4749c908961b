/* What is hot, for articles of which too little is known: the first few of the list `hot`, of a
 * section and of the site, read once a round when they are asked for. */
#ifndef DASHBOARD_EXPORT_ALSO_HOT_H
#define DASHBOARD_EXPORT_ALSO_HOT_H

#include "pageview/event.h"
#include "pageview/redis_client.h"

/* Sections whose lists are kept in a round; more have to do with the site's. */
enum { PV_ALSO_SECTIONS_MAX = 1000 };

/* A list as ZREVRANGE answers it: article, score, article, score … */
struct pv_also_hot_list {
    char section[PV_SECTION_SIZE_MAX + 1]; /* empty: the site */
    struct pv_redis_reply *reply;
};

/* All zero but for the first two is empty. Memory: 1 KiB a section or so, 8 KiB at most. */
struct pv_also_hot {
    struct pv_redis *redis;
    const char *prefix;
    struct pv_also_hot_list *lists;
    size_t count, capacity;
};

/* Forgets all lists. */
void pv_also_hot_clean_up(struct pv_also_hot *hot);

/* Gives the list of the section, or of the site when that is empty: article, score and so on, the
 * highest first. It belongs to `hot`. A section that has none has an empty one; `*reply` is NULL
 * when there are too many sections, or the key is of another type. */
enum pv_status pv_also_hot_read(struct pv_also_hot *hot, struct pv_text section,
                                const struct pv_redis_reply **reply,
                                struct pv_error *error) PV_MUST_CHECK;

#endif
