#include "producer/http/collector_metrics.h"

#include <string.h>

/* What a view that came by HTTP can be refused for: the policy's reasons, and those of the body. */
static const enum pv_reason rejections[] = {
    PV_REASON_not_allowed,     PV_REASON_other_site,  PV_REASON_asset,    PV_REASON_prefetch,
    PV_REASON_consent,         PV_REASON_not_article, PV_REASON_not_json, PV_REASON_not_object,
    PV_REASON_missing_article, PV_REASON_bad_article, PV_REASON_bad_ts,   PV_REASON_future,
    PV_REASON_bad_field,
};
enum { REJECTIONS = sizeof rejections / sizeof rejections[0] };

_Static_assert(PV_COLLECTOR_METRIC_ROWS == 7 + REJECTIONS, "a row a metric");

size_t pv_collector_metrics_table(const struct pv_collector_metrics *m,
                                  struct pv_metric rows[PV_COLLECTOR_METRIC_ROWS])
{
    static const char requests[] = "HTTP requests, by the class of their answer.";
    const struct pv_metric table[] = {
        {"pv_producer_http_requests_total", "counter", "status", "2xx", requests, &m->requests[1]},
        {"pv_producer_http_requests_total", "counter", "status", "3xx", requests, &m->requests[2]},
        {"pv_producer_http_requests_total", "counter", "status", "4xx", requests, &m->requests[3]},
        {"pv_producer_http_requests_total", "counter", "status", "5xx", requests, &m->requests[4]},
        {"pv_producer_http_accepted_total", "counter", NULL, NULL,
         "Views that came by HTTP and are in the spool, robots' as well.", &m->accepted},
        {"pv_producer_http_refused_total", "counter", NULL, NULL,
         "Views that were refused with 503 since the spool was full or failed.", &m->refused},
        {"pv_producer_http_connections", "gauge", NULL, NULL, "Open HTTP connections.",
         &m->connections},
    };
    size_t count = sizeof table / sizeof table[0];

    memcpy(rows, table, sizeof table);
    for (size_t i = 0; i < REJECTIONS; i++)
        rows[count++] = (struct pv_metric){"pv_producer_http_rejected_total",
                                           "counter",
                                           "reason",
                                           pv_reason_name(rejections[i]),
                                           "Views that came by HTTP and are none, by reason.",
                                           &m->rejected[rejections[i]]};
    return count;
}
