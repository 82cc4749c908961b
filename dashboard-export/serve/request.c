/* One request and its answer, by way of libmicrohttpd's callback: called when the head is there,
 * for each piece of a body, and, when it is whole, again and again until it is answered. */
#include <string.h>

#include "dashboard-export/serve/conditional.h"
#include "dashboard-export/serve/parts.h"
#include "dashboard-export/serve/target.h"
#include "pageview/clock.h"
#include "pageview/log.h"

/* Of a body that nobody wants. */
enum { DISCARDED_MAX = 65536 };

struct exchange {
    struct pv_web_server *server;
    struct pv_connection *connection;
    struct MHD_Connection *mhd;
};

static const char *field(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->mhd, MHD_HEADER_KIND, name);
}

static bool has_already(const struct exchange *exchange, const char *etag, int64_t modified_s)
{
    return pv_has_already(field(exchange, "If-None-Match"), field(exchange, "If-Modified-Since"),
                          etag, modified_s);
}

static enum MHD_Result queue(const struct exchange *exchange, unsigned status,
                             struct MHD_Response *response)
{
    return pv_answer_queue(exchange->mhd, exchange->server->metrics, status, response);
}

static enum MHD_Result refuse(const struct exchange *exchange, unsigned status, const char *text,
                              bool closes)
{
    return pv_answer_error(exchange->mhd, exchange->server->metrics, status, text, closes);
}

/* `is_busy`: where there is no file there may be one later. */
static enum MHD_Result send_file(const struct exchange *exchange, const char *path, bool is_busy)
{
    bool takes_gzip = pv_accepts_gzip(field(exchange, "Accept-Encoding"));
    const struct pv_served_file *file;
    struct pv_error error;

    if (pv_files_get(exchange->server->files, path, takes_gzip, &file, &error) != PV_OK) {
        pv_log(PV_LOG_WARN, "not_served", PV_TEXT("error", error.text));
        return refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "try again later", false);
    }
    if (file == NULL && is_busy)
        return refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "try again later", false);
    if (file == NULL)
        return refuse(exchange, MHD_HTTP_NOT_FOUND, "no such file", false);
    if (has_already(exchange, file->etag, file->modified_s))
        return queue(exchange, MHD_HTTP_NOT_MODIFIED, file->answer);
    return queue(exchange, MHD_HTTP_OK, file->answer);
}

static enum MHD_Result send_text(const struct exchange *exchange, struct pv_live_text *text)
{
    const struct pv_answer_head head = {
        .type = "application/json", .etag = text->etag, .modified_s = -1, .varies = true};
    unsigned status = has_already(exchange, text->etag, -1) ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    struct MHD_Response *response = NULL;
    enum MHD_Result result = MHD_NO;

    if (!text->text.failed)
        response = MHD_create_response_from_buffer(text->text.length, text->text.data,
                                                   MHD_RESPMEM_MUST_COPY);
    pv_buffer_clean_up(&text->text);
    if (response == NULL)
        return MHD_NO;
    if (pv_answer_dress(response, &head))
        result = queue(exchange, status, response);
    MHD_destroy_response(response);
    return result;
}

/* What Redis said last, or the file when that is as new; a compressed one does not tell. */
static enum MHD_Result send_last(const struct exchange *exchange, const struct pv_target *target,
                                 const char *article)
{
    const struct pv_served_file *file;
    struct pv_live_text text;
    struct pv_error error;
    bool is_there =
        pv_files_get(exchange->server->files, target->path, false, &file, &error) == PV_OK &&
        file != NULL;

    if (pv_live_source_recall(exchange->server->live, article, target->article_length,
                              is_there ? file->generated_at : "", &text))
        return send_text(exchange, &text);
    return send_file(exchange, target->path, false);
}

/* Suspends the connection until Redis has answered, but not for long. */
static enum MHD_Result send_live(const struct exchange *exchange, const struct pv_target *target)
{
    struct pv_connection *connection = exchange->connection;
    const char *article = target->kind == PV_TARGET_ARTICLE ? target->article : NULL;
    int64_t now_ms = pv_monotonic_ms();
    struct pv_live_text text;

    if (connection->client.phase != PV_CONNECTION_LIVE)
        pv_http_client_enter(&connection->client, PV_CONNECTION_LIVE, now_ms);
    if (pv_connection_is_late(&connection->client, now_ms))
        return send_last(exchange, target, article);
    switch (pv_live_source_ask(exchange->server->live, article, target->article_length,
                               connection->client.since_ms, &text)) {
    case PV_LIVE_KNOWN:
        return send_text(exchange, &text);
    case PV_LIVE_PENDING:
        pv_server_suspend(connection);
        return MHD_YES;
    case PV_LIVE_BUSY:
        pv_metric_add(&exchange->server->metrics->live_refused, 1);
        return send_file(exchange, target->path, true);
    case PV_LIVE_UNKNOWN:
        break;
    }
    return send_last(exchange, target, article);
}

static enum MHD_Result send_target(const struct exchange *exchange, const struct pv_target *target,
                                   bool is_head)
{
    switch (target->kind) {
    case PV_TARGET_LIVE:
    case PV_TARGET_ARTICLE:
        return send_live(exchange, target);
    case PV_TARGET_FILE:
        return send_file(exchange, target->path, false);
    case PV_TARGET_EVENTS:
        if (is_head)
            return refuse(exchange, MHD_HTTP_BAD_REQUEST, "use GET", false);
        return pv_stream_begin(exchange->server, exchange->connection);
    case PV_TARGET_NOTHING:
        break;
    }
    return refuse(exchange, MHD_HTTP_NOT_FOUND, "no such file", false);
}

static enum MHD_Result answer(const struct exchange *exchange, const char *url, const char *method)
{
    bool is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    enum MHD_Result result;
    struct pv_target target;

    if (exchange->connection->client.is_over_limit)
        result = refuse(exchange, MHD_HTTP_TOO_MANY_REQUESTS,
                        "too many connections from this address", true);
    else if (!is_head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        result = pv_answer_methods(exchange->mhd, exchange->server->metrics,
                                   strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0);
    else {
        pv_target_parse(url, &target);
        result = send_target(exchange, &target, is_head);
    }
    if (!exchange->connection->is_suspended &&
        exchange->connection->client.phase != PV_CONNECTION_EVENTS)
        pv_http_client_enter(&exchange->connection->client, PV_CONNECTION_ANSWER,
                             pv_monotonic_ms());
    return result;
}

enum MHD_Result pv_server_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *piece,
                                  size_t *size, void **request)
{
    const struct exchange exchange = {context, pv_http_client_of(mhd), mhd};

    (void)version;
    (void)piece;
    if (exchange.connection == NULL)
        return MHD_NO;
    if (*request == NULL) { /* libmicrohttpd closes a connection that is answered at once */
        *request = exchange.connection;
        return MHD_YES;
    }
    if (*size > 0) {
        exchange.connection->discarded += *size;
        *size = 0;
        return exchange.connection->discarded > DISCARDED_MAX ? MHD_NO : MHD_YES;
    }
    return answer(&exchange, url, method);
}
