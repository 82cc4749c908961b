/* What the server is made of, for the files that share it. All of it is of the server's thread, but
 * for the inbox. */
#ifndef DASHBOARD_EXPORT_SERVE_PARTS_H
#define DASHBOARD_EXPORT_SERVE_PARTS_H

#include "dashboard-export/serve/connections.h"
#include "dashboard-export/serve/files.h"
#include "dashboard-export/serve/inbox.h"
#include "dashboard-export/serve/live_source.h"
#include "dashboard-export/serve/server_metrics.h"
#include "pageview/http_server.h"

enum { PV_LISTENERS_MAX = 1000 };

struct pv_web_server {
    struct pv_server_metrics *metrics;
    struct pv_files *files;
    struct pv_live_source *live;
    struct pv_inbox *inbox;
    struct pv_http_server http;
    int epoll_fd;
    int64_t ticked_ms, looked_ms;
    struct pv_events events;
    size_t listeners;
    bool is_ending; /* no event comes any more */
};

/* request.c: libmicrohttpd's callback. `context` is the struct pv_web_server, `*request` NULL or
 * the connection. */
enum MHD_Result pv_server_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *piece,
                                  size_t *size, void **request);

/* Stops libmicrohttpd from doing anything with the connection, and lets it go on. */
void pv_server_suspend(struct pv_connection *connection);
void pv_server_resume(struct pv_connection *connection);

/* stream.c: what listeners are told. */

/* Answers the request for /events. */
enum MHD_Result pv_stream_begin(struct pv_web_server *server, struct pv_connection *connection);
/* Lets those go on that have something to send: news, or a comment every 15 s. */
void pv_stream_wake(struct pv_web_server *server, int64_t now_ms);
/* Notices those that have gone, which nobody reads from while nothing is sent. */
void pv_stream_look(struct pv_web_server *server);
/* The connection is no listener any more. */
void pv_stream_end(struct pv_web_server *server, struct pv_connection *connection);

#endif
