#include "producer/http/connections.h"

#include <string.h>

size_t pv_connections_of(const struct pv_connections *connections, const struct pv_ip *peer)
{
    size_t count = 0;

    for (const struct pv_http_connection *at = connections->first; at != NULL; at = at->next)
        if (memcmp(&at->peer, peer, sizeof *peer) == 0)
            count++;
    return count;
}

/* The one that has waited longest for a head, or NULL. */
static struct pv_http_connection *longest_waiting(const struct pv_connections *connections)
{
    struct pv_http_connection *found = NULL;

    for (struct pv_http_connection *at = connections->first; at != NULL; at = at->next)
        if (at->phase == PV_HTTP_HEAD && (found == NULL || at->since_ms <= found->since_ms))
            found = at;
    return found;
}

struct pv_http_connection *pv_connections_add(struct pv_connections *connections,
                                              struct pv_http_connection *connection,
                                              bool is_limited, int64_t now_ms)
{
    const struct pv_connection_limits *limits = &connections->limits;
    struct pv_http_connection *closed = NULL;

    connection->is_over_limit =
        is_limited && pv_connections_of(connections, &connection->peer) >= limits->per_address;
    if (connections->count >= limits->connections - limits->connections / 8)
        closed = longest_waiting(connections);
    pv_http_connection_enter(connection, PV_HTTP_HEAD, now_ms);
    connection->previous = NULL;
    connection->next = connections->first;
    if (connections->first != NULL)
        connections->first->previous = connection;
    connections->first = connection;
    connections->count++;
    return closed;
}

void pv_connections_remove(struct pv_connections *connections,
                           struct pv_http_connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    connections->count--;
}

void pv_http_connection_enter(struct pv_http_connection *connection, enum pv_http_phase phase,
                              int64_t now_ms)
{
    connection->phase = phase;
    connection->since_ms = now_ms;
    connection->piece_ms = now_ms;
}

bool pv_connections_is_late(const struct pv_connections *connections,
                            const struct pv_http_connection *connection, int64_t now_ms)
{
    const struct pv_connection_limits *limits = &connections->limits;
    int64_t age_ms = now_ms - connection->since_ms;

    switch (connection->phase) {
    case PV_HTTP_HEAD:
        return age_ms >= limits->idle_ms;
    case PV_HTTP_BODY:
        return age_ms >= limits->total_ms || now_ms - connection->piece_ms >= limits->idle_ms;
    case PV_HTTP_ANSWER:
        return age_ms >= limits->total_ms;
    case PV_HTTP_LINGER:
        return age_ms >= PV_HTTP_LINGER_MS;
    case PV_HTTP_SPOOLING:
    case PV_HTTP_CLOSING:
        break;
    }
    return false;
}

bool pv_connections_are_busy(const struct pv_connections *connections)
{
    for (const struct pv_http_connection *at = connections->first; at != NULL; at = at->next)
        if (at->phase == PV_HTTP_BODY || at->phase == PV_HTTP_SPOOLING ||
            at->phase == PV_HTTP_ANSWER)
            return true;
    return false;
}
