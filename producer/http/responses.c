#include "producer/http/responses.h"

#include <string.h>

static bool is_like(const struct pv_http_kept_response *kept, const struct pv_http_answer *answer,
                    enum pv_cors cors)
{
    return kept->response != NULL && kept->headers == answer->headers && kept->cors == cors &&
           kept->body_length == answer->body.length &&
           (kept->body_length == 0 ||
            memcmp(kept->body, answer->body.data, kept->body_length) == 0);
}

/* Whether the header fields and the body are all that there is to it. */
static bool may_be_kept(const struct pv_http_answer *answer, enum pv_cors cors)
{
    return answer->body.length <= PV_HTTP_RESPONSE_BODY_MAX && answer->allow == NULL &&
           cors != PV_CORS_ECHO;
}

struct MHD_Response *pv_http_responses_find(const struct pv_http_responses *responses,
                                            const struct pv_http_answer *answer, enum pv_cors cors)
{
    for (size_t i = 0; may_be_kept(answer, cors) && i < PV_HTTP_RESPONSES; i++)
        if (is_like(&responses->items[i], answer, cors))
            return responses->items[i].response;
    return NULL;
}

static void let_go(struct pv_http_kept_response *kept)
{
    if (kept->response != NULL)
        MHD_destroy_response(kept->response); /* connections that still send it keep it */
    kept->response = NULL;
}

bool pv_http_responses_keep(struct pv_http_responses *responses,
                            const struct pv_http_answer *answer, enum pv_cors cors,
                            struct MHD_Response *response)
{
    struct pv_http_kept_response *kept = &responses->items[responses->oldest];

    if (!may_be_kept(answer, cors))
        return false;
    let_go(kept);
    *kept = (struct pv_http_kept_response){.response = response,
                                           .headers = answer->headers,
                                           .cors = cors,
                                           .body_length = answer->body.length};
    if (kept->body_length > 0)
        memcpy(kept->body, answer->body.data, kept->body_length);
    responses->oldest = (responses->oldest + 1) % PV_HTTP_RESPONSES;
    return true;
}

void pv_http_responses_clean_up(struct pv_http_responses *responses)
{
    for (size_t i = 0; i < PV_HTTP_RESPONSES; i++)
        let_go(&responses->items[i]);
}
