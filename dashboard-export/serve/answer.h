/* What is sent, by way of libmicrohttpd: header fields around a content. */
#ifndef DASHBOARD_EXPORT_SERVE_ANSWER_H
#define DASHBOARD_EXPORT_SERVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "dashboard-export/serve/server_metrics.h"

/* W/"32 hexadecimal digits" and a NUL. */
#define PV_ETAG_SIZE 37

/* The tag of a content: equal for equal contents. The stamp of a snapshot (snapshot.h) is left out,
 * so that two are equal when they differ in nothing but that; hence the tag is a weak one. */
void pv_etag_of_content(const char *content, size_t length, char etag[PV_ETAG_SIZE]);

struct pv_answer_head {
    const char *type;
    const char *etag;     /* NULL: none */
    int64_t modified_s;   /* since the Unix epoch; negative: not told */
    const char *encoding; /* NULL: none */
    bool varies;          /* by Accept-Encoding */
    const char *policy;   /* mime.h; NULL: none */
};

/* Adds the header fields. False: no memory. */
bool pv_answer_dress(struct MHD_Response *response, const struct pv_answer_head *head);

/* Queues and counts it; the response stays the caller's. With 304 its content is not sent. NULL,
 * where memory was out, ends the connection. */
enum MHD_Result pv_answer_queue(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                unsigned status, struct MHD_Response *response);

/* {"error":"…"}, of a text that needs no escapes; 503 with Retry-After. `closes`: the connection is
 * ended behind it. */
enum MHD_Result pv_answer_error(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                unsigned status, const char *text, bool closes);

/* 204 to OPTIONS, 405 to what is none of the methods that there are. */
enum MHD_Result pv_answer_methods(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                  bool asked);

#endif
