/* One request and its answer, by way of libmicrohttpd's callback. */
#ifndef PRODUCER_HTTP_EXCHANGE_H
#define PRODUCER_HTTP_EXCHANGE_H

#include <microhttpd.h>

/* Called when a request's head is there, for each piece of its body, and, when it is whole, again
 * and again until it is answered. `context` is the struct pv_collector, `*request` the connection.
 */
enum MHD_Result pv_http_exchange(void *context, struct MHD_Connection *mhd, const char *path,
                                 const char *method, const char *version, const char *piece,
                                 size_t *size, void **request);

#endif
