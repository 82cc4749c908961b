/* A connection of the collector: it waits for a request's head, then for its body, then for its
 * answer to be sent. No I/O: it says which have had their time, and somebody else closes them. */
#ifndef PRODUCER_HTTP_CONNECTIONS_H
#define PRODUCER_HTTP_CONNECTIONS_H

#include "pageview/buffer.h"
#include "pageview/http_clients.h"
#include "producer/http/endpoints.h"
#include "producer/http/head.h"

/* Beside PV_HTTP_REQUEST, in which it waits for a head. */
enum pv_http_phase {
    PV_HTTP_BODY = PV_HTTP_OTHERS, /* has the head, waits for the rest */
    PV_HTTP_SPOOLING,              /* has all, its views are on their way to the spool */
    PV_HTTP_ANSWER,                /* has all, the answer is on its way */
    PV_HTTP_LINGER, /* was answered before its end: what still comes is thrown away */
};

#define PV_HTTP_LINGER_MS 2000

struct pv_http_connection {
    struct pv_http_client client;
    int64_t piece_ms;         /* when the last piece of the body came */
    uint64_t requests;        /* answered */
    bool closes;              /* after the next answer */
    struct pv_buffer query;   /* of the request at hand */
    struct pv_buffer body;    /* the same */
    size_t discarded;         /* bytes thrown away while lingering */
    size_t body_bytes;        /* of the body that are counted against the bound of all */
    struct pv_http_head head; /* of the request at hand; its texts are libmicrohttpd's */
    const struct pv_http_route *route;
    struct pv_http_answer answer; /* once the views are spooled */
};

static inline struct pv_http_connection *pv_http_connection_of(struct pv_http_client *client)
{
    return (struct pv_http_connection *)client;
}

struct pv_http_times {
    int64_t idle_ms;  /* for a head as a whole, and between two pieces of a body */
    int64_t total_ms; /* for a body, and for an answer to be taken */
};

/* True when the connection has had its time. */
bool pv_http_connection_is_late(const struct pv_http_connection *connection,
                                const struct pv_http_times *times, int64_t now_ms);

/* True when a request is being read or answered. */
bool pv_http_connection_is_busy(const struct pv_http_client *client);

#endif
