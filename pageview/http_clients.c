#include "pageview/http_clients.h"

#include <string.h>

size_t pv_http_clients_of(const struct pv_http_clients *clients, const struct pv_ip *ip)
{
    size_t count = 0;

    for (const struct pv_http_client *at = clients->first; at != NULL; at = at->next)
        if (memcmp(&at->ip, ip, sizeof *ip) == 0)
            count++;
    return count;
}

/* The one that has waited longest for a request, or NULL. */
static struct pv_http_client *longest_waiting(const struct pv_http_clients *clients)
{
    struct pv_http_client *found = NULL;

    for (struct pv_http_client *at = clients->first; at != NULL; at = at->next)
        if (at->phase == PV_HTTP_REQUEST && (found == NULL || at->since_ms <= found->since_ms))
            found = at;
    return found;
}

struct pv_http_client *pv_http_clients_add(struct pv_http_clients *clients,
                                           struct pv_http_client *client, bool is_limited,
                                           int64_t now_ms)
{
    struct pv_http_client *closed = NULL;

    client->is_over_limit =
        is_limited && pv_http_clients_of(clients, &client->ip) >= clients->per_address;
    if (clients->count >= clients->most - clients->most / 8)
        closed = longest_waiting(clients);
    pv_http_client_enter(client, PV_HTTP_REQUEST, now_ms);
    client->previous = NULL;
    client->next = clients->first;
    if (clients->first != NULL)
        clients->first->previous = client;
    clients->first = client;
    clients->count++;
    return closed;
}

void pv_http_clients_remove(struct pv_http_clients *clients, struct pv_http_client *client)
{
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        clients->first = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    clients->count--;
}

void pv_http_client_enter(struct pv_http_client *client, int phase, int64_t now_ms)
{
    client->phase = phase;
    client->since_ms = now_ms;
}
