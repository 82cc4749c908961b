#include "dashboard-export/serve/connections.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool pv_peer_of(const struct sockaddr *address, struct pv_peer *peer)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;

        memcpy(&six, address, sizeof six);
        memcpy(peer->bytes, &six.sin6_addr, sizeof peer->bytes);
    } else if (address->sa_family == AF_INET) {
        struct sockaddr_in four;

        memcpy(&four, address, sizeof four);
        memcpy(peer->bytes, mapped, sizeof mapped);
        memcpy(peer->bytes + sizeof mapped, &four.sin_addr, 4);
    } else {
        return false;
    }
    return true;
}

static bool is_local(const struct pv_peer *peer)
{
    static const struct pv_peer local[] = {
        {{[15] = 1}},
        {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}},
    };

    return memcmp(peer, &local[0], sizeof *peer) == 0 || memcmp(peer, &local[1], sizeof *peer) == 0;
}

size_t pv_connections_of(const struct pv_connections *connections, const struct pv_peer *peer)
{
    size_t count = 0;

    if (is_local(peer))
        return 0;
    for (const struct pv_connection *at = connections->first; at != NULL; at = at->next)
        if (memcmp(&at->peer, peer, sizeof *peer) == 0)
            count++;
    return count;
}

/* The one that has waited longest for a request, or NULL. */
static struct pv_connection *longest_waiting(const struct pv_connections *connections)
{
    struct pv_connection *found = NULL;

    for (struct pv_connection *at = connections->first; at != NULL; at = at->next)
        if (at->phase == PV_CONNECTION_REQUEST &&
            (found == NULL || at->since_ms <= found->since_ms))
            found = at;
    return found;
}

struct pv_connection *pv_connections_add(struct pv_connections *connections,
                                         struct pv_connection *connection, int64_t now_ms)
{
    struct pv_connection *closed = NULL;

    connection->is_over_limit =
        pv_connections_of(connections, &connection->peer) >= PV_CONNECTIONS_PER_ADDRESS;
    if (connections->count >= connections->most - connections->most / 8)
        closed = longest_waiting(connections);
    pv_connection_enter(connection, PV_CONNECTION_REQUEST, now_ms);
    connection->previous = NULL;
    connection->next = connections->first;
    if (connections->first != NULL)
        connections->first->previous = connection;
    connections->first = connection;
    connections->count++;
    return closed;
}

void pv_connections_remove(struct pv_connections *connections, struct pv_connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    connections->count--;
}

void pv_connection_enter(struct pv_connection *connection, enum pv_connection_phase phase,
                         int64_t now_ms)
{
    connection->phase = phase;
    connection->since_ms = now_ms;
}

bool pv_connection_is_late(const struct pv_connection *connection, int64_t now_ms)
{
    int64_t age_ms = now_ms - connection->since_ms;

    switch (connection->phase) {
    case PV_CONNECTION_REQUEST:
        return age_ms >= PV_CONNECTION_REQUEST_MS;
    case PV_CONNECTION_LIVE:
        return age_ms >= PV_CONNECTION_LIVE_MS;
    case PV_CONNECTION_ANSWER:
        return age_ms >= PV_CONNECTION_ANSWER_MS;
    case PV_CONNECTION_EVENTS:
    case PV_CONNECTION_CLOSING:
        break;
    }
    return false;
}
