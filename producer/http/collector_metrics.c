#include "producer/http/collector_metrics.h"

#include <string.h>

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

    memcpy(rows, table, sizeof table);
    return sizeof table / sizeof table[0];
}
