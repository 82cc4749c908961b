/* Serves the directory of --out over HTTP, for small sites: the files, and, live from Redis,
 * live.json, the files of articles and /events. Read-only. Docs: serve.md.
 *
 * A thread of its own serves all connections, another one reads from Redis. Memory: 16 KiB a
 * connection (PV_SERVER_CONNECTIONS), 16 MiB of files (files.h), and that of live_source.h. */
#ifndef DASHBOARD_EXPORT_SERVE_SERVER_H
#define DASHBOARD_EXPORT_SERVE_SERVER_H

#include <stddef.h>

#include "dashboard-export/options.h"
#include "dashboard-export/serve/server_metrics.h"
#include "pageview/status.h"

/* More wait to be accepted. 128 of the process's descriptors are left to others, so it is fewer
 * where there are fewer. */
enum { PV_SERVER_CONNECTIONS = 1536 };

struct pv_web_server;

/* Listens at `options->serve` ("ADDR:PORT") until destroyed; `*server` is NULL when that is.
 * PV_INVALID: an address that cannot be listened at. The others must outlive it. */
enum pv_status pv_web_server_new(const struct pv_dashboard_options *options,
                                 struct pv_server_metrics *metrics, struct pv_web_server **server,
                                 struct pv_error *error) PV_MUST_CHECK;
/* Ends the events, answers the requests at hand (for 2 s at most), and ends. NULL is fine. */
void pv_web_server_destroy(struct pv_web_server *server);

/* Tells who listens what written_files.h made of a round. From any thread. */
void pv_web_server_tell_files(struct pv_web_server *server, const char *json, size_t length);

#endif
