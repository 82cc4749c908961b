/* Sending answers: through libmicrohttpd, or past it. */
#ifndef PRODUCER_HTTP_ANSWER_H
#define PRODUCER_HTTP_ANSWER_H

#include <microhttpd.h>

#include "producer/http/endpoints.h"
#include "producer/http/responses.h"
#include "producer/http/sites.h"

/* Counts it by its status. */
void pv_http_answer_count(struct pv_collector_metrics *metrics,
                          const struct pv_http_answer *answer);

/* Queues the answer to a request that is whole. `origin` is that of the request. */
enum MHD_Result pv_http_answer_queue(struct MHD_Connection *handle,
                                     struct pv_http_responses *responses,
                                     const struct pv_http_answer *answer, enum pv_cors cors,
                                     struct pv_text origin, bool closes);

/* Writes the answer to the socket itself, and ends our side of it. What does not fit into the
 * socket's memory is lost: nobody waits here. */
void pv_http_answer_send_last(int fd, const struct pv_http_answer *answer, enum pv_cors cors,
                              struct pv_text origin);

#endif
