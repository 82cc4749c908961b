/* The server's connections: how many there are, how many of one address, and which have had their
 * time. No I/O: it says which are to be closed, and somebody else closes them.
 *
 * A slow client holds up a connection and nothing else, and not for long: when there are nearly as
 * many as may be, the one that has waited longest for a request makes room for a new one. */
#ifndef DASHBOARD_EXPORT_SERVE_CONNECTIONS_H
#define DASHBOARD_EXPORT_SERVE_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/serve/events.h"

struct MHD_Connection;
struct sockaddr;

enum pv_connection_phase {
    PV_CONNECTION_REQUEST, /* waits for the first or next request, or for its end */
    PV_CONNECTION_LIVE,    /* waits for an answer of Redis */
    PV_CONNECTION_ANSWER,  /* is being answered */
    PV_CONNECTION_EVENTS,  /* listens to /events */
    PV_CONNECTION_CLOSING, /* shut down; its end has not been noticed yet */
};

/* How long they may take. */
enum {
    PV_CONNECTION_REQUEST_MS = 15000,
    PV_CONNECTION_LIVE_MS = 1000,
    PV_CONNECTION_ANSWER_MS = 600000,
};

enum { PV_CONNECTIONS_PER_ADDRESS = 256 };

/* IPv4 in its IPv6 form. */
struct pv_peer {
    uint8_t bytes[16];
};

struct pv_connection {
    struct pv_connection *next, *previous;
    struct MHD_Connection *mhd;
    struct pv_server *server;
    int fd;
    struct pv_peer peer;
    bool is_over_limit; /* one too many of its address */
    enum pv_connection_phase phase;
    int64_t since_ms;  /* of the phase, by the monotonic clock */
    bool is_suspended; /* libmicrohttpd does nothing with it */
    size_t discarded;  /* bytes of a body that nobody wants */
    /* Of one that listens. */
    struct pv_events_position position;
    struct pv_event *event; /* being sent; NULL: none */
    size_t sent;            /* bytes of it, or of `line` */
    const char *line;       /* a static text that is being sent instead; NULL: none */
    int64_t told_ms;        /* when it was last given something */
    bool ends;              /* behind what is being sent */
};

/* All zero but `most` is an empty one. */
struct pv_connections {
    size_t most;
    struct pv_connection *first;
    size_t count;
};

/* False when it is no IP socket's. */
bool pv_peer_of(const struct sockaddr *address, struct pv_peer *peer);

/* How many connections this address has. 127.0.0.1 and ::1 are never too many: behind them is a
 * proxy. */
size_t pv_connections_of(const struct pv_connections *connections, const struct pv_peer *peer);

/* Adds `connection`, whose peer is set; it stays the caller's. Returns one to close for it, or
 * NULL. */
struct pv_connection *pv_connections_add(struct pv_connections *connections,
                                         struct pv_connection *connection, int64_t now_ms);
void pv_connections_remove(struct pv_connections *connections, struct pv_connection *connection);

void pv_connection_enter(struct pv_connection *connection, enum pv_connection_phase phase,
                         int64_t now_ms);

/* True when the connection has had its time; one that waits for Redis gets the file then. */
bool pv_connection_is_late(const struct pv_connection *connection, int64_t now_ms);

#endif
