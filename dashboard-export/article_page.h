/* Reads from Redis all that the files of some articles tell. */
#ifndef DASHBOARD_EXPORT_ARTICLE_PAGE_H
#define DASHBOARD_EXPORT_ARTICLE_PAGE_H

#include "dashboard-export/article_json.h"
#include "pageview/redis_client.h"

/* Articles in a page: a field each in 79 commands, so none holds Redis for long. */
enum { PV_ARTICLE_PAGE = 250 };

/* All zero is empty. About 180 KiB, and the answers of Redis that the texts are in. */
struct pv_article_page {
    struct pv_article_counts counts[PV_ARTICLE_PAGE];
    struct pv_redis_reply *descriptions[PV_ARTICLE_PAGE];
    size_t count;
    bool exact; /* no counts were added while it was read */
    struct pv_offsets offsets;
};

/* Reads `count` articles (1 to PV_ARTICLE_PAGE), whose texts must outlive the page, in one round
 * trip; `clock_ms` is in the last hour and day. The ranks are left alone. On PV_OK the caller
 * cleans up. */
enum pv_status pv_article_page_read(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                    const struct pv_text *articles, size_t count,
                                    struct pv_article_page *page,
                                    struct pv_error *error) PV_MUST_CHECK;

/* The two halves of it, so that Redis reads while something else is done: what is asked on the
 * connection in between is received after it. An error of the first one closes the connection. */
enum pv_status pv_article_page_ask(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                   const struct pv_text *articles, size_t count,
                                   struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_article_page_receive(struct pv_redis *redis, const struct pv_text *articles,
                                       size_t count, struct pv_article_page *page,
                                       struct pv_error *error) PV_MUST_CHECK;
void pv_article_page_clean_up(struct pv_article_page *page);

#endif
