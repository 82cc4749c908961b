/* Reads pages of articles together, in one round trip. Each page says for itself whether it is
 * exact: the more is read between two looks at the offsets, the more often they differ. */
#ifndef DASHBOARD_EXPORT_ARTICLE_PAGES_H
#define DASHBOARD_EXPORT_ARTICLE_PAGES_H

#include "dashboard-export/article_page.h"

enum { PV_ARTICLE_PAGES = 4, PV_ARTICLE_PAGES_MAX = PV_ARTICLE_PAGES * PV_ARTICLE_PAGE };

/* All zero is empty. 700 KiB, and the answers of Redis that the texts are in. */
struct pv_article_pages {
    struct pv_article_page pages[PV_ARTICLE_PAGES]; /* all full but for the last */
    size_t count;                                   /* of articles */
};

/* The two halves of reading `count` articles (1 to PV_ARTICLE_PAGES_MAX), as those of a page. */
enum pv_status pv_article_pages_ask(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                    const struct pv_text *articles, size_t count,
                                    struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_article_pages_receive(struct pv_redis *redis, const struct pv_text *articles,
                                        size_t count, struct pv_article_pages *pages,
                                        struct pv_error *error) PV_MUST_CHECK;
void pv_article_pages_clean_up(struct pv_article_pages *pages);

/* The page that has article `i` of all. */
struct pv_article_page *pv_article_pages_of(struct pv_article_pages *pages, size_t i);
struct pv_article_counts *pv_article_pages_at(struct pv_article_pages *pages, size_t i);

#endif
