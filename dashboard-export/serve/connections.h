/* A connection of the server. No I/O: it says which have had their time, and somebody else closes
 * them. */
#ifndef DASHBOARD_EXPORT_SERVE_CONNECTIONS_H
#define DASHBOARD_EXPORT_SERVE_CONNECTIONS_H

#include "dashboard-export/serve/events.h"
#include "pageview/http_clients.h"

/* Beside PV_HTTP_REQUEST, in which it waits for the end of a request too. */
enum pv_connection_phase {
    PV_CONNECTION_LIVE = PV_HTTP_OTHERS, /* waits for an answer of Redis */
    PV_CONNECTION_ANSWER,                /* is being answered */
    PV_CONNECTION_EVENTS,                /* listens to /events */
};

/* How long they may take. */
enum {
    PV_CONNECTION_REQUEST_MS = 15000,
    PV_CONNECTION_LIVE_MS = 1000,
    PV_CONNECTION_ANSWER_MS = 600000,
};

enum { PV_CONNECTIONS_PER_ADDRESS = 256 };

struct pv_connection {
    struct pv_http_client client;
    bool is_suspended; /* libmicrohttpd does nothing with it */
    size_t discarded;  /* bytes of a body that nobody wants */
    /* Of one that listens. */
    struct pv_web_server *server;
    struct pv_events_position position;
    struct pv_event *event; /* being sent; NULL: none */
    size_t sent;            /* bytes of it, or of `line` */
    const char *line;       /* a static text that is being sent instead; NULL: none */
    int64_t told_ms;        /* when it was last given something */
    bool ends;              /* behind what is being sent */
};

static inline struct pv_connection *pv_connection_of(struct pv_http_client *client)
{
    return (struct pv_connection *)client;
}

/* True when the connection has had its time; one that waits for Redis gets the file then. */
bool pv_connection_is_late(const struct pv_http_client *client, int64_t now_ms);

#endif
