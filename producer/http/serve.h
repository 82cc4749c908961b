/* What the collector is made of, for the files that share it; libmicrohttpd behind these. */
#ifndef PRODUCER_HTTP_SERVE_H
#define PRODUCER_HTTP_SERVE_H

#include "producer/http/connections.h"
#include "producer/http/endpoints.h"
#include "producer/http/peer.h"

struct pv_serve {
    struct pv_endpoints endpoints;
    struct pv_connections connections;
    struct pv_networks *trusted;
    size_t body_bytes; /* of all bodies being received */
    int64_t now_ms;    /* by the monotonic clock, of the turn at hand; 0: not looked at yet */
};

/* The time of this turn: looking for each request, several times, would cost too much. */
int64_t pv_serve_now_ms(struct pv_serve *serve);

/* What libmicrohttpd calls. `context` is the struct pv_serve. */
struct MHD_Daemon;
struct sockaddr;

/* Makes the daemon and listens; it does nothing until it is run. NULL: see errno. */
struct MHD_Daemon *pv_serve_start(struct pv_serve *serve, const struct sockaddr *address);

/* Spools the views of the requests that were read, which are answered then, and ends the turn. Has
 * to be called after each run of the daemon. */
void pv_serve_flush(struct pv_serve *serve);

/* Gives back the memory of a request, but for a little that the next one is likely to need. */
void pv_serve_forget(struct pv_serve *serve, struct pv_http_connection *connection);

/* Ends the connections that have had their time. */
void pv_serve_end_late(struct pv_serve *serve);

#endif
