#include "dashboard-export/serve/server_metrics.h"

#include <string.h>

#define NAME(name) "pv_dashboard_export_" name

void pv_server_metrics_table(const struct pv_server_metrics *metrics,
                             struct pv_metric rows[PV_SERVER_ROWS])
{
    static const char help[] = "Requests that --serve answered, by the class of their status.";
    const struct pv_metric table[PV_SERVER_ROWS] = {
        {NAME("requests_total"), "counter", "status", "2xx", help, &metrics->requests[1]},
        {NAME("requests_total"), "counter", "status", "3xx", help, &metrics->requests[2]},
        {NAME("requests_total"), "counter", "status", "4xx", help, &metrics->requests[3]},
        {NAME("requests_total"), "counter", "status", "5xx", help, &metrics->requests[4]},
        {NAME("connections"), "gauge", NULL, NULL, "Open connections of --serve.",
         &metrics->connections},
        {NAME("listeners"), "gauge", NULL, NULL, "Connections that /events goes to.",
         &metrics->listeners},
        {NAME("live_refused_total"), "counter", NULL, NULL,
         "Questions for an article that Redis was not asked, as too much was asked.",
         &metrics->live_refused},
    };

    memcpy(rows, table, sizeof table);
}
