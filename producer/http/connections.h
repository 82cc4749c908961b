/* The collector's connections: how many there are, how many of one address, and which have had
 * their time. No I/O: it says which are to be closed, and somebody else closes them.
 *
 * A connection waits for a request's head, then for its body, then for its answer to be sent. A
 * slow client holds up a connection and nothing else, and not for long: when there are nearly as
 * many as may be, the one that has waited longest for a head makes room for a new one. */
#ifndef PRODUCER_HTTP_CONNECTIONS_H
#define PRODUCER_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/buffer.h"
#include "producer/http/endpoints.h"
#include "producer/http/head.h"
#include "producer/http/peer.h"

enum pv_http_phase {
    PV_HTTP_HEAD,     /* waits for the head of the first or next request */
    PV_HTTP_BODY,     /* has the head, waits for the rest */
    PV_HTTP_SPOOLING, /* has all, its views are on their way to the spool */
    PV_HTTP_ANSWER,   /* has all, the answer is on its way */
    PV_HTTP_LINGER,   /* was answered before its end: what still comes is thrown away */
    PV_HTTP_CLOSING,  /* shut down; its end has not been noticed yet */
};

#define PV_HTTP_LINGER_MS 2000

struct pv_http_connection {
    struct pv_http_connection *next, *previous;
    int fd;
    struct pv_ip peer;
    enum pv_http_phase phase;
    int64_t since_ms;         /* of the phase, by the monotonic clock */
    int64_t piece_ms;         /* when the last piece of the body came */
    uint64_t requests;        /* answered */
    bool closes;              /* after the next answer */
    bool is_over_limit;       /* one too many of its address */
    struct pv_buffer query;   /* of the request at hand */
    struct pv_buffer body;    /* the same */
    size_t discarded;         /* bytes thrown away while lingering */
    size_t body_bytes;        /* of the body that are counted against the bound of all */
    struct pv_http_head head; /* of the request at hand; its texts are libmicrohttpd's */
    const struct pv_http_route *route;
    struct pv_http_answer answer; /* once the views are spooled */
};

struct pv_connection_limits {
    size_t connections, per_address;
    int64_t idle_ms;  /* for a head as a whole, and between two pieces of a body */
    int64_t total_ms; /* for a body, and for an answer to be taken */
};

/* All zero but the limits is an empty one. */
struct pv_connections {
    struct pv_connection_limits limits;
    struct pv_http_connection *first;
    size_t count;
};

/* How many connections this address has. */
size_t pv_connections_of(const struct pv_connections *connections, const struct pv_ip *peer);

/* Adds `connection`, whose peer and descriptor are set; it stays the caller's. `is_limited`: its
 * address has to keep to the limit. Returns one to close for it, or NULL. */
struct pv_http_connection *pv_connections_add(struct pv_connections *connections,
                                              struct pv_http_connection *connection,
                                              bool is_limited, int64_t now_ms);
void pv_connections_remove(struct pv_connections *connections,
                           struct pv_http_connection *connection);

void pv_http_connection_enter(struct pv_http_connection *connection, enum pv_http_phase phase,
                              int64_t now_ms);

/* True when the connection has had its time. */
bool pv_connections_is_late(const struct pv_connections *connections,
                            const struct pv_http_connection *connection, int64_t now_ms);

/* True when a request is being read or answered. */
bool pv_connections_are_busy(const struct pv_connections *connections);

#endif
