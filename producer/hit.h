/* A hit: what a source saw of one request, whether in a log, in a beacon or in a message. */
#ifndef PRODUCER_HIT_H
#define PRODUCER_HIT_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/event.h"

/* The texts are any bytes, NULs and invalid UTF-8 included; none is decoded beyond the source's own
 * escapes. They belong to whoever made the hit. Data NULL: the source does not say. */
struct pv_hit {
    int64_t ts_ms;                 /* ms since the Unix epoch, UTC, within [0, PV_TIME_LIMIT_MS) */
    struct pv_text method;         /* of the request line; all of it when that has no space */
    struct pv_text target;         /* a path or an absolute URL, with its query; may be empty */
    struct pv_text referrer;       /* "-" or empty when there was none */
    struct pv_text user_agent;     /* the same */
    struct pv_text address;        /* of the client, as text; goes into the visitor's hash only */
    struct pv_text site;           /* the host that was asked, without its port */
    struct pv_text purpose;        /* of Sec-Purpose or Purpose */
    struct pv_text title, section; /* of any length; the policy leaves out what is no text */
    bool no_consent;               /* Sec-GPC: 1 or DNT: 1 */
    int status;                    /* 0–999 */
};

#endif
