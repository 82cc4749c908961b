/* A view as an endpoint was told of it, whatever its form, and what becomes of it. */
#ifndef PRODUCER_HTTP_VIEW_H
#define PRODUCER_HTTP_VIEW_H

#include "producer/http/endpoints.h"

struct pv_http_view {
    struct pv_text url; /* http or https, or a path of the site that the page is of */
    struct pv_text referrer, title, section;
    int64_t ts_ms;
    bool is_robot; /* the page says so */
};

/* Adds the view to the lines to be appended, and its reason to what was found in the request. NONE
 * and spider: it is taken. */
enum pv_reason pv_http_view_add(struct pv_endpoints *endpoints,
                                const struct pv_http_request *request,
                                const struct pv_http_view *view);
/* The same for something that is no view. */
void pv_http_view_reject(struct pv_endpoints *endpoints, enum pv_reason reason);

/* Forgets what the request at hand added, and what was found in it. */
void pv_http_views_discard(struct pv_endpoints *endpoints);

#endif
