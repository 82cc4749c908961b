/* What the collector answers: from a whole request to an answer, by way of the spool. Nothing here
 * knows a socket. */
#ifndef PRODUCER_HTTP_ENDPOINTS_H
#define PRODUCER_HTTP_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/clock.h"
#include "pageview/metrics.h"
#include "pageview/options.h"
#include "producer/hit_to_spool.h"

#define PV_HTTP_BODY_MAX  ((size_t)65536)
#define PV_HTTP_VIEWS_MAX 1000 /* in one body */

struct pv_collector_metrics {
    pv_metric_value requests[5]; /* answered 1xx to 5xx */
    pv_metric_value accepted;    /* views and robots' views that the spool has */
    pv_metric_value rejected[PV_REASON_COUNT];
    pv_metric_value refused; /* views that were not taken as the spool is full or failed */
    pv_metric_value connections;
};

/* A request as it was read, headers and body; data NULL: there is no such header. */
struct pv_http_request {
    bool is_head;
    char *query; /* changed in place, as the body is */
    size_t query_length;
    char *body;
    size_t body_length;
    struct pv_text user_agent, referer, origin, purpose, if_none_match;
    struct pv_text address; /* the client's */
    bool no_consent;
};

/* `name` NULL ends a list. */
struct pv_http_header {
    const char *name, *value;
};

struct pv_http_answer {
    unsigned status;
    const struct pv_http_header *headers; /* static; NULL: none */
    struct pv_text body; /* static, or in the endpoints' memory until the next request */
    const char *allow;   /* of a 405, or NULL */
};

/* What endpoints work with; for one thread.
 *
 * The views of several requests go to the spool in one write: a request is handled, which adds its
 * views, others are, and then all are flushed. Until then none of them may be answered. */
struct pv_endpoints {
    const struct pv_list *allow_hosts; /* sites.h; NULL or empty: every site */
    bool trust_client_time;
    const struct pv_clock *clock;
    struct pv_collector_metrics *metrics;
    struct pv_hit_to_spool to_spool;
    struct pv_buffer text, rejected; /* at most 64 KiB each */
    int64_t found[PV_REASON_COUNT];  /* in the request at hand, by reason; NONE and spider: taken */
    int64_t waiting[PV_REASON_COUNT];  /* the same of the requests that wait for the flush */
    size_t lines_before, count_before; /* what was to be appended before the request at hand */
};

void pv_endpoints_clean_up(struct pv_endpoints *endpoints);

typedef void pv_http_handler(struct pv_endpoints *endpoints, struct pv_http_request *request,
                             struct pv_http_answer *answer);

struct pv_http_route {
    const char *path;
    const char *allow;        /* the methods, as Allow says them */
    const char *const *types; /* of a body, NULL ends; NULL: any */
    pv_http_handler *handle;
};

/* The route of a path and method, or an answer: 404, 405, or the 204 of an OPTIONS request. */
const struct pv_http_route *pv_http_route_find(const char *path, const char *method,
                                               struct pv_endpoints *endpoints,
                                               struct pv_http_answer *answer);

/* True when the route takes bodies of this type, whatever its parameters. */
bool pv_http_route_takes(const struct pv_http_route *route, struct pv_text content_type);

/* Handles a request. True: the answer holds only if the next flush succeeds. */
bool pv_endpoints_handle(struct pv_endpoints *endpoints, const struct pv_http_route *route,
                         struct pv_http_request *request, struct pv_http_answer *answer);

/* True when a flush is due before another request is handled. */
bool pv_endpoints_are_full(const struct pv_endpoints *endpoints);

/* Appends the views of all requests since the last flush. False: the spool has none of them, which
 * is logged and counted, and all of them are answered with pv_http_answer_refusal. */
bool pv_endpoints_flush(struct pv_endpoints *endpoints);

/* {"error":"…"}; `text` is valid UTF-8. */
void pv_http_answer_error(struct pv_endpoints *endpoints, unsigned status, const char *text,
                          struct pv_http_answer *answer);

/* The 503 of a request whose views the spool did not take. Static storage. */
extern const struct pv_http_answer pv_http_answer_refusal;

#endif
