/* Responses that were made lately, to be sent again: most answers are alike, and to make one asks
 * for memory ten times. For one thread. */
#ifndef PRODUCER_HTTP_RESPONSES_H
#define PRODUCER_HTTP_RESPONSES_H

#include <microhttpd.h>

#include "producer/http/endpoints.h"
#include "producer/http/sites.h"

#define PV_HTTP_RESPONSES         4
#define PV_HTTP_RESPONSE_BODY_MAX 64 /* bytes of one that is kept */

/* All zero has none. */
struct pv_http_responses {
    struct pv_http_kept_response {
        struct MHD_Response *response; /* NULL: none */
        const struct pv_http_header *headers;
        enum pv_cors cors;
        size_t body_length;
        char body[PV_HTTP_RESPONSE_BODY_MAX];
    } items[PV_HTTP_RESPONSES];
    unsigned oldest;
};

/* The response to an answer with these header fields and this body, whatever its status. It is good
 * until another one is kept. NULL: there is none. */
struct MHD_Response *pv_http_responses_find(const struct pv_http_responses *responses,
                                            const struct pv_http_answer *answer, enum pv_cors cors);

/* Takes the response over in place of the oldest. False: it is the caller's, as it is not like
 * others: its body is long, or it names methods or an origin. */
bool pv_http_responses_keep(struct pv_http_responses *responses,
                            const struct pv_http_answer *answer, enum pv_cors cors,
                            struct MHD_Response *response);

void pv_http_responses_clean_up(struct pv_http_responses *responses);

#endif
