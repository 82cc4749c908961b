/* What the collector is made of, for the files that share it; libmicrohttpd behind these. */
#ifndef PRODUCER_HTTP_SERVE_H
#define PRODUCER_HTTP_SERVE_H

#include <stdatomic.h>

#include "pageview/http_server.h"
#include "producer/http/connections.h"
#include "producer/http/endpoints.h"
#include "producer/http/peer.h"
#include "producer/http/responses.h"

struct pv_collector {
    struct pv_endpoints endpoints;
    struct pv_http_responses responses;
    struct pv_http_server http;
    struct pv_http_times times;
    struct pv_networks *trusted;
    size_t body_bytes;       /* of all bodies being received */
    int64_t now_ms;          /* by the monotonic clock, of the turn at hand; 0: not looked at yet */
    int64_t ticked_ms;       /* by the same */
    atomic_bool is_stopping; /* the thread ends within a tick */
};

/* The time of this turn: looking for each request, several times, would cost too much. */
int64_t pv_serve_now_ms(struct pv_collector *collector);

/* Listens at "ADDR:PORT", for at most so many; nothing is done until the server is started. */
enum pv_status pv_serve_listen(struct pv_collector *collector, const char *address, size_t most,
                               size_t per_address, struct pv_error *error) PV_MUST_CHECK;

/* Spools the views of the requests that were read, which are answered then, and ends the turn. */
void pv_serve_flush(struct pv_collector *collector);

/* Gives back the memory of a request, but for a little that the next one is likely to need. */
void pv_serve_forget(struct pv_collector *collector, struct pv_http_connection *connection);

#endif
