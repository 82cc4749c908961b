#include "dashboard-export/serve/connections.h"

bool pv_connection_is_late(const struct pv_http_client *client, int64_t now_ms)
{
    int64_t age_ms = now_ms - client->since_ms;

    switch (client->phase) {
    case PV_HTTP_REQUEST:
        return age_ms >= PV_CONNECTION_REQUEST_MS;
    case PV_CONNECTION_LIVE:
        return age_ms >= PV_CONNECTION_LIVE_MS;
    case PV_CONNECTION_ANSWER:
        return age_ms >= PV_CONNECTION_ANSWER_MS;
    default:
        return false;
    }
}
