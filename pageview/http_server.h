/* An HTTP server in a thread of its own, by libmicrohttpd: it listens, knows its clients, and ends.
 * What is answered, and when, is its program's.
 *
 * All that it calls runs in that thread, so nothing is locked, and a descriptor is a client's until
 * its end is told. Memory: 16 KiB a client, beside what the program keeps. */
#ifndef PAGEVIEW_HTTP_SERVER_H
#define PAGEVIEW_HTTP_SERVER_H

#include <microhttpd.h>
#include <pthread.h>

#include "pageview/http_clients.h"
#include "pageview/metrics.h"
#include "pageview/status.h"

struct pv_http_service {
    const char *option; /* where to listen, for errors: "http" is --http */
    size_t client_size; /* of what is kept of a client, which begins with a struct pv_http_client */
    unsigned flags;     /* libmicrohttpd's, beside its epoll; and its options, up to an end */
    const struct MHD_OptionItem *options;
    MHD_AccessHandlerCallback on_request; /* `*request` NULL, or the client once that is set */
    void (*on_completed)(void *context, struct pv_http_client *client); /* a request */
    void (*on_gone)(void *context, struct pv_http_client *client);      /* NULL: nothing to do */
    bool (*is_unlimited)(void *context, const struct pv_ip *ip);
    bool (*turn)(void *context);      /* runs the daemon once; false: it is to end */
    void (*on_ending)(void *context); /* nobody connects any more; NULL: nothing to do */
    bool (*is_busy)(const struct pv_http_client *client); /* is answered before the end */
    pv_metric_value *connections;
    void *context;
};

struct pv_http_server {
    struct pv_http_service service;
    struct pv_http_clients clients;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool has_thread;
};

/* `wanted` clients, or fewer (64 at least) where the process has not that many descriptors beside
 * the `others` that it needs for other things. */
size_t pv_http_within_descriptors(size_t wanted, size_t others);

/* Listens at "ADDR:PORT"; the service and the bounds of the clients are set, the rest is zero.
 * PV_INVALID: an address that cannot be listened at. */
enum pv_status pv_http_server_listen(struct pv_http_server *server, const char *address,
                                     struct pv_error *error) PV_MUST_CHECK;
/* Starts the thread: turns until one returns false, then more while somebody is busy, for 2 s. */
enum pv_status pv_http_server_start(struct pv_http_server *server,
                                    struct pv_error *error) PV_MUST_CHECK;
/* Waits for the thread's end, then closes all connections: none may be suspended. Both take a
 * server that has not come so far. */
void pv_http_server_join(struct pv_http_server *server);
void pv_http_server_close(struct pv_http_server *server);

/* The client of a connection; NULL when there was no memory for it. */
void *pv_http_client_of(struct MHD_Connection *mhd);
/* Ends the connection; its end is told later. */
void pv_http_client_shut(struct pv_http_client *client);

#endif
