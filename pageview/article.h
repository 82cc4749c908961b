/* The canonical article id of a request target. */
#ifndef PAGEVIEW_ARTICLE_H
#define PAGEVIEW_ARTICLE_H

#include <stddef.h>

#include "pageview/event.h"
#include "pageview/options.h"

/* The path part of a request target: up to the first `?` or `#`, without the scheme and host of
 * an absolute URL ("http://host" alone has the path "/"). Points into `target`, or to a static
 * "/"; empty when there is no path. `*query` gets what is between `?` and `#`, or is empty. */
struct pv_text pv_article_path(struct pv_text target, struct pv_text *query);

/* Writes the canonical id of the `length` bytes of `target` (any bytes, at most 64 KiB) to `out`,
 * without a NUL, and returns its length; 0 when there is none (bad_article): the path is empty
 * or not UTF-8, a kept parameter is not, or the id would have control characters or over
 * PV_ARTICLE_SIZE_MAX bytes. Escapes of control characters and of what is no UTF-8 stay escapes.
 *
 * `keep_params` (NULL for none) names the query parameters that are part of an id. The id is
 * valid UTF-8, begins with `/`, has no control characters, and is its own canonical id.
 * The rules are in article.c. */
size_t pv_article_canonical(const char *target, size_t length, const struct pv_list *keep_params,
                            char out[PV_ARTICLE_SIZE_MAX]);

#endif
