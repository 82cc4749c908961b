/* Where articles stand in the trending lists of the whole site. */
#ifndef DASHBOARD_EXPORT_ARTICLE_RANKS_H
#define DASHBOARD_EXPORT_ARTICLE_RANKS_H

#include "dashboard-export/article_json.h"
#include "pageview/redis_client.h"

struct pv_article_rank;

/* Memory: that of PV_ARTICLE_LISTS lists of 1,000 articles, 4 MiB at most. All zero is none. */
struct pv_article_ranks {
    struct pv_redis_reply *replies[PV_ARTICLE_LISTS];
    struct pv_article_rank *items; /* by name, which belongs to a reply */
    size_t count;
};

/* Reads all lists, in one round trip. On PV_OK the caller cleans up. */
enum pv_status pv_article_ranks_read(struct pv_redis *redis, const char *prefix,
                                     struct pv_article_ranks *ranks,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_article_ranks_clean_up(struct pv_article_ranks *ranks);

/* The article's rank in each list, 0 in those that do not have it. */
void pv_article_ranks_find(const struct pv_article_ranks *ranks, struct pv_text article,
                           uint32_t found[PV_ARTICLE_LISTS]);

#endif
