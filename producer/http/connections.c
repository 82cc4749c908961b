#include "producer/http/connections.h"

bool pv_http_connection_is_late(const struct pv_http_connection *connection,
                                const struct pv_http_times *times, int64_t now_ms)
{
    int64_t age_ms = now_ms - connection->client.since_ms;

    switch (connection->client.phase) {
    case PV_HTTP_REQUEST:
        return age_ms >= times->idle_ms;
    case PV_HTTP_BODY:
        return age_ms >= times->total_ms || now_ms - connection->piece_ms >= times->idle_ms;
    case PV_HTTP_ANSWER:
        return age_ms >= times->total_ms;
    case PV_HTTP_LINGER:
        return age_ms >= PV_HTTP_LINGER_MS;
    default:
        return false;
    }
}

bool pv_http_connection_is_busy(const struct pv_http_client *client)
{
    return client->phase == PV_HTTP_BODY || client->phase == PV_HTTP_SPOOLING ||
           client->phase == PV_HTTP_ANSWER;
}
