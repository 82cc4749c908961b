/* Who is connected to an HTTP server: how many there are, how many of one address, and how long
 * each has been in its phase. No I/O: it says who is to go, and somebody else closes.
 *
 * A slow client holds up a connection and nothing else: when there are nearly as many as may be,
 * the one that has waited longest for a request makes room for a new one. */
#ifndef PAGEVIEW_HTTP_CLIENTS_H
#define PAGEVIEW_HTTP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/address.h"

struct MHD_Connection;

enum {
    PV_HTTP_REQUEST, /* waits for the first or next request */
    PV_HTTP_CLOSING, /* shut down; its end has not been noticed yet */
    PV_HTTP_OTHERS,  /* the first of a program's own phases */
};

/* What a program keeps of a client begins with this. */
struct pv_http_client {
    struct pv_http_client *next, *previous;
    struct MHD_Connection *mhd;
    int fd;
    struct pv_ip ip;
    int phase;
    int64_t since_ms;   /* of the phase, by the monotonic clock */
    bool is_over_limit; /* one too many of its address */
};

/* All zero but the bounds is nobody. */
struct pv_http_clients {
    size_t most, per_address;
    struct pv_http_client *first;
    size_t count;
};

/* How many have this address. */
size_t pv_http_clients_of(const struct pv_http_clients *clients, const struct pv_ip *ip);

/* Adds `client`, whose address is set; it stays the caller's. `is_limited`: its address has to keep
 * to the bound. Returns one to close for it, or NULL. */
struct pv_http_client *pv_http_clients_add(struct pv_http_clients *clients,
                                           struct pv_http_client *client, bool is_limited,
                                           int64_t now_ms);
void pv_http_clients_remove(struct pv_http_clients *clients, struct pv_http_client *client);

void pv_http_client_enter(struct pv_http_client *client, int phase, int64_t now_ms);

#endif
