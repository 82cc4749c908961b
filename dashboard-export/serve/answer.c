#include "dashboard-export/serve/answer.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "dashboard-export/serve/conditional.h"
#include "dashboard-export/snapshot.h"

enum { HASH_BYTES = 16, ERROR_MAX = 256 };

#define METHODS "GET, HEAD, OPTIONS"

void pv_etag_of_content(const char *content, size_t length, char etag[PV_ETAG_SIZE])
{
    unsigned char hash[HASH_BYTES];
    char digits[2 * HASH_BYTES + 1], time[PV_TIME_TEXT_SIZE];
    size_t skip = pv_snapshot_stamp_read(content, length, time) ? PV_SNAPSHOT_STAMP_SIZE : 0;

    crypto_generichash(hash, sizeof hash, (const unsigned char *)content + skip, length - skip,
                       NULL, 0);
    (void)sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
    snprintf(etag, PV_ETAG_SIZE, "W/\"%s\"", digits);
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

bool pv_answer_dress(struct MHD_Response *response, const struct pv_answer_head *head)
{
    char modified[PV_HTTP_DATE_SIZE];
    bool ok = add(response, "Cache-Control", "no-cache") &&
              add(response, "Access-Control-Allow-Origin", "*") &&
              add(response, "ETag", head->etag) &&
              add(response, "Vary", head->varies ? "Accept-Encoding" : NULL);

    if (head->modified_s >= 0) {
        pv_http_date_write(head->modified_s, modified);
        ok = ok && add(response, "Last-Modified", modified);
    }
    return ok && add(response, "Content-Type", head->type) &&
           add(response, "Content-Encoding", head->encoding) &&
           add(response, "X-Content-Type-Options", "nosniff") &&
           add(response, "Content-Security-Policy", head->policy);
}

enum MHD_Result pv_answer_queue(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                unsigned status, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    pv_metric_add(&metrics->requests[status / 100 - 1], 1);
    return MHD_queue_response(mhd, status, response);
}

/* The caller destroys it. */
static struct MHD_Response *make_error(unsigned status, const char *text, bool closes)
{
    static const struct pv_answer_head head = {.type = "application/json", .modified_s = -1};
    char json[ERROR_MAX];
    int length = snprintf(json, sizeof json, "{\"error\":\"%s\"}\n", text);
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)length, json, MHD_RESPMEM_MUST_COPY);

    if (response != NULL && pv_answer_dress(response, &head) &&
        add(response, "Retry-After", status == MHD_HTTP_SERVICE_UNAVAILABLE ? "5" : NULL) &&
        add(response, "Connection", closes ? "close" : NULL))
        return response;
    if (response != NULL)
        MHD_destroy_response(response);
    return NULL;
}

static enum MHD_Result queue_last(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                  unsigned status, struct MHD_Response *response)
{
    enum MHD_Result result = pv_answer_queue(mhd, metrics, status, response);

    if (response != NULL)
        MHD_destroy_response(response);
    return result;
}

enum MHD_Result pv_answer_error(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                unsigned status, const char *text, bool closes)
{
    return queue_last(mhd, metrics, status, make_error(status, text, closes));
}

static struct MHD_Response *make_empty(void)
{
    static const struct pv_answer_head head = {.modified_s = -1};
    static char nothing[1];
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);

    if (response != NULL && !pv_answer_dress(response, &head)) {
        MHD_destroy_response(response);
        return NULL;
    }
    return response;
}

enum MHD_Result pv_answer_methods(struct MHD_Connection *mhd, struct pv_server_metrics *metrics,
                                  bool asked)
{
    struct MHD_Response *response =
        asked ? make_empty() : make_error(405, "use GET, HEAD or OPTIONS", false);
    bool ok = response != NULL && add(response, "Allow", METHODS);

    if (ok && asked)
        ok = add(response, "Access-Control-Allow-Methods", METHODS) &&
             add(response, "Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since") &&
             add(response, "Access-Control-Max-Age", "86400");
    if (response != NULL && !ok) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return queue_last(mhd, metrics, asked ? 204 : 405, response);
}
