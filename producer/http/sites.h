/* Sites: which one a URL is of, which are accepted, and what browsers on other sites may do (CORS).
 * No I/O. */
#ifndef PRODUCER_HTTP_SITES_H
#define PRODUCER_HTTP_SITES_H

#include <stdbool.h>

#include "pageview/event.h"
#include "pageview/options.h"

/* The host of "http://user@host:port/…", without port and brackets, as it stands there. Data NULL:
 * it is no http or https URL, or its host is empty or over 253 bytes. */
struct pv_text pv_site_of_url(struct pv_text url);

/* True when `allowed` (NULL or empty: every site) has the site. Case does not count. An item
 * "*.example.org" stands for all below example.org and for itself. */
bool pv_site_is_allowed(const struct pv_list *allowed, struct pv_text site);

enum pv_cors {
    PV_CORS_NONE, /* no Origin, or one that may not read the answer */
    PV_CORS_ANY,  /* Access-Control-Allow-Origin: * */
    PV_CORS_ECHO, /* that origin, and Vary: Origin */
};

/* What to say to a page of `origin` ("https://host:port"; data NULL: there is no such header). */
enum pv_cors pv_cors_of(const struct pv_list *allowed, struct pv_text origin);

#endif
