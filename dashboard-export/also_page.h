/* Reads from Redis all that the "also read" files of some articles tell. */
#ifndef DASHBOARD_EXPORT_ALSO_PAGE_H
#define DASHBOARD_EXPORT_ALSO_PAGE_H

#include "dashboard-export/also_hot.h"
#include "dashboard-export/also_json.h"
#include "dashboard-export/article_pages.h"

enum { PV_ALSO_ARTICLES_MAX = PV_ARTICLE_PAGES_MAX * PV_ALSO_ITEMS_MAX };

/* All zero is empty. About 1 MiB, and the answers of Redis that the texts are in: 16 MiB with the
 * longest ids, titles and sections, 5 MiB with those of 60 bytes. */
struct pv_also_page {
    struct pv_also_items lists[PV_ARTICLE_PAGES_MAX];
    size_t count;
    bool exact; /* no counts were added while the views were read */
    struct pv_offsets offsets;
    struct pv_also_article articles[PV_ALSO_ARTICLES_MAX]; /* that any list has, by id */
    size_t article_count;
    struct pv_text drafts[PV_ARTICLE_PAGES_MAX][PV_ALSO_ITEMS_MAX]; /* the ids of each list */
    struct pv_redis_reply *readers[PV_ARTICLE_PAGES_MAX];           /* lists of co-views */
    struct pv_redis_reply *about[PV_ALSO_ARTICLES_MAX];
};

/* Reads for the articles of `of`, which must outlive the page: what their readers also read and,
 * where that is less than PV_ALSO_ITEMS_MIN, what is hot in the article's section and then on the
 * site. No list has its own article, one twice, or what is no path. Two round trips, and those of
 * `hot`. On PV_OK the caller cleans up. */
enum pv_status pv_also_page_read(struct pv_redis *redis, const char *prefix,
                                 struct pv_also_hot *hot, struct pv_article_pages *of,
                                 struct pv_also_page *page, struct pv_error *error) PV_MUST_CHECK;
void pv_also_page_clean_up(struct pv_also_page *page);

#endif
