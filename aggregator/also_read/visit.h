/* A visit on its way to who counts co-views: who read which article.
 *
 * Visits travel packed, one behind the other: 8 bytes of the reader's hash, low byte first, 2 bytes
 * of the id's length, low byte first, and the article's id. */
#ifndef AGGREGATOR_ALSO_READ_VISIT_H
#define AGGREGATOR_ALSO_READ_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/event.h"

struct pv_article_visit {
    uint64_t reader; /* a hash of the visitor under a key of this installation */
    struct pv_text article;
};

/* Bytes before the article. */
enum { PV_VISIT_HEAD = 10, PV_VISIT_SIZE_MAX = PV_VISIT_HEAD + PV_ARTICLE_SIZE_MAX };

/* Writes a visit and returns its size; its article has PV_ARTICLE_SIZE_MAX bytes at most. */
size_t pv_visit_pack(const struct pv_article_visit *visit, char out[PV_VISIT_SIZE_MAX]);

/* Reads the visit at `*at`, which moves behind it; its text is in `bytes`. False at the end, and
 * where what follows is no visit: without an article, too long, or cut off. */
bool pv_visit_unpack(const char *bytes, size_t length, size_t *at, struct pv_article_visit *visit);

#endif
