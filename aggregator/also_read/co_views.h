/* Co-views: which other articles the readers of an article read.
 *
 * Let n(a) be the readers of an article, and c(a,b) those who read both, each counted when an
 * article is new among the last eight of its reader. The likeness of two articles is the cosine of
 * their sets of readers,
 *
 *     c(a,b) / sqrt(n(a) * n(b))
 *
 * (G. Salton, M. McGill, "Introduction to Modern Information Retrieval", 1983; for items and users:
 * B. Sarwar et al., "Item-based collaborative filtering", WWW 2001). Readers alone would put the
 * front page on top of every list; a large n(b) takes it down.
 *
 * The news of today wins: a reader counts half as much for every `half_life_ms` of age. Instead of
 * making all counts smaller, later readers count more (forward decay: G. Cormode et al., ICDE
 * 2009), so a cosine changes by readers and never by time. Since a pair is weighed by the later of
 * the two visits, it could be more than 1 when they are far apart; it is told as 1 then.
 *
 * Bounded in all directions: readers (readings.h), companions of an article (companions.h), and
 * articles, of which the one read least recently gives way. Nothing here is exact: it is a
 * sample (visit_feed.h), kept as long as there is room, and counted again from what Redis still has
 * after a start.
 *
 * No I/O, no clock of its own. */
#ifndef AGGREGATOR_ALSO_READ_CO_VIEWS_H
#define AGGREGATOR_ALSO_READ_CO_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/event.h"
#include "pageview/status.h"

enum {
    PV_ALSO_ITEMS = 10,  /* of a list */
    PV_ALSO_READERS = 3, /* who must have read both */
};

struct pv_co_views_bounds {
    size_t articles; /* up to PV_CO_VIEWS_ARTICLES_MAX */
    size_t readers;
    int64_t half_life_ms;
};

enum { PV_CO_VIEWS_ARTICLES_MAX = 65535 };

/* What the aggregator runs with, and the memory that takes in bytes, with the longest ids. */
#define PV_CO_VIEWS_BOUNDS                                                                         \
    {                                                                                              \
        .articles = 20000, .readers = 131072, .half_life_ms = INT64_C(86400000)                    \
    }
#define PV_CO_VIEWS_BYTES_MAX ((size_t)36 * 1024 * 1024)

struct pv_co_views;

/* The best companions of an article, those of equal score in descending order of their ids. Texts
 * belong to the co-views, until the next visit. */
struct pv_also_list {
    struct pv_text article;
    size_t count;
    struct pv_also_item {
        struct pv_text article;
        double score; /* the cosine, in thousandths: 0.001 to 1 */
    } items[PV_ALSO_ITEMS];
};

enum pv_status pv_co_views_new(const struct pv_co_views_bounds *bounds, struct pv_co_views **views,
                               struct pv_error *error) PV_MUST_CHECK;
void pv_co_views_destroy(struct pv_co_views *views);

/* A reader (a hash) visits an article, of 1 to PV_ARTICLE_SIZE_MAX bytes. Times that go back are
 * taken as the latest one. False when memory is out: the visit is not counted. */
bool pv_co_views_visit(struct pv_co_views *views, uint64_t reader, struct pv_text article,
                       int64_t time_ms);

/* The next article whose list is another one than was told last; the oldest change first. A list
 * that stays as it is is told again once a day while the article is read. False when there is none.
 * An article that never had a list is not told. `now_ms` is a time of a visit's kind. */
bool pv_co_views_next(struct pv_co_views *views, int64_t now_ms, struct pv_also_list *list);

/* What was told may be lost: all lists are told again. */
void pv_co_views_doubt(struct pv_co_views *views);

/* Articles that are counted, and the memory that is taken in bytes. */
size_t pv_co_views_articles(const struct pv_co_views *views);
size_t pv_co_views_bytes(const struct pv_co_views *views);

#endif
