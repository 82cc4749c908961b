/* A hit: what a line of a web server's log says about one request. */
#ifndef PRODUCER_HIT_H
#define PRODUCER_HIT_H

#include <stdint.h>

#include "pageview/event.h"

/* The texts are any bytes, NULs and invalid UTF-8 included; none is decoded beyond the log's own
 * backslash escapes. They belong to whoever made the hit. */
struct pv_hit {
    int64_t ts_ms;             /* ms since the Unix epoch, UTC, within [0, PV_TIME_LIMIT_MS) */
    struct pv_text method;     /* of the request line; all of it when that has no space */
    struct pv_text target;     /* a path or an absolute URL, with its query; may be empty */
    struct pv_text referrer;   /* "-" or empty when there was none; data NULL: format has none */
    struct pv_text user_agent; /* the same */
    int status;                /* 0–999 */
};

#endif
