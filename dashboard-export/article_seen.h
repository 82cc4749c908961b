/* Remembers which counts were seen already, of as many articles' minutes as there is room for.
 *
 * It is a cache: a count that was forgotten is new once more, and costs the writing of a file that
 * says the same. What is never forgotten is not needed: a bound in memory is. */
#ifndef DASHBOARD_EXPORT_ARTICLE_SEEN_H
#define DASHBOARD_EXPORT_ARTICLE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

/* Counts that are remembered, in 16 bytes each: 2 MiB. */
enum { PV_ARTICLE_SEEN_MAX = 131072 };

struct pv_article_seen;

/* `seed` is a number that nobody can guess, so that nobody can make two articles look like one. */
enum pv_status pv_article_seen_new(uint64_t seed, struct pv_article_seen **seen,
                                   struct pv_error *error) PV_MUST_CHECK;
void pv_article_seen_destroy(struct pv_article_seen *seen);

/* True when the article's count in that minute is not the one that was seen last, or is not
 * remembered; it is from now on. */
bool pv_article_seen_is_new(struct pv_article_seen *seen, int64_t minute_ms, const char *article,
                            size_t length, int64_t count);

#endif
