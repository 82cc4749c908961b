#include "producer/http/answer.h"

#include <stdio.h>
#include <sys/socket.h>

enum { ORIGIN_MAX = 300, HEADERS_MAX = 12 };

void pv_http_answer_count(struct pv_collector_metrics *metrics, const struct pv_http_answer *answer)
{
    pv_metric_add(&metrics->requests[answer->status / 100 - 1], 1);
}

/* All header fields of an answer, gathered for both ways of sending it. */
struct fields {
    struct pv_http_header items[HEADERS_MAX];
    size_t count;
    char origin[ORIGIN_MAX];
};

static void add(struct fields *fields, const char *name, const char *value)
{
    if (fields->count < HEADERS_MAX)
        fields->items[fields->count++] = (struct pv_http_header){name, value};
}

static void gather(struct fields *fields, const struct pv_http_answer *answer, enum pv_cors cors,
                   struct pv_text origin, bool closes)
{
    const struct pv_http_header *header = answer->headers;

    fields->count = 0;
    for (; header != NULL && header->name != NULL; header++)
        add(fields, header->name, header->value);
    if (answer->allow != NULL)
        add(fields, "Allow", answer->allow);
    if (answer->allow != NULL && cors != PV_CORS_NONE)
        add(fields, "Access-Control-Allow-Methods", answer->allow);
    if (cors == PV_CORS_ANY)
        add(fields, "Access-Control-Allow-Origin", "*");
    if (cors == PV_CORS_ECHO && origin.length < ORIGIN_MAX) {
        snprintf(fields->origin, sizeof fields->origin, "%.*s", (int)origin.length, origin.data);
        add(fields, "Access-Control-Allow-Origin", fields->origin);
        add(fields, "Vary", "Origin");
    }
    if (closes)
        add(fields, "Connection", "close");
}

/* NULL when memory is out. */
static struct MHD_Response *make_response(const struct pv_http_answer *answer, enum pv_cors cors,
                                          struct pv_text origin, bool closes)
{
    /* An empty body has no data, and libmicrohttpd wants to see some. */
    const char *body = answer->body.data != NULL ? answer->body.data : "";
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.length, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    struct fields fields;

    gather(&fields, answer, cors, origin, closes);
    for (size_t i = 0; i < fields.count && response != NULL; i++) {
        if (MHD_add_response_header(response, fields.items[i].name, fields.items[i].value) ==
            MHD_YES)
            continue;
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}

enum MHD_Result pv_http_answer_queue(struct MHD_Connection *handle,
                                     struct pv_http_responses *responses,
                                     const struct pv_http_answer *answer, enum pv_cors cors,
                                     struct pv_text origin, bool closes)
{
    struct MHD_Response *kept = closes ? NULL : pv_http_responses_find(responses, answer, cors);
    struct MHD_Response *response =
        kept != NULL ? kept : make_response(answer, cors, origin, closes);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    result = MHD_queue_response(handle, answer->status, response);
    if (kept == NULL && (closes || !pv_http_responses_keep(responses, answer, cors, response)))
        MHD_destroy_response(response);
    return result;
}

static void write_head(struct pv_buffer *text, const struct pv_http_answer *answer,
                       const struct fields *fields)
{
    pv_buffer_add_format(text, "HTTP/1.1 %u %s\r\n", answer->status,
                         MHD_get_reason_phrase_for(answer->status));
    for (size_t i = 0; i < fields->count; i++)
        pv_buffer_add_format(text, "%s: %s\r\n", fields->items[i].name, fields->items[i].value);
    pv_buffer_add_format(text, "Content-Length: %zu\r\n\r\n", answer->body.length);
}

void pv_http_answer_send_last(int fd, const struct pv_http_answer *answer, enum pv_cors cors,
                              struct pv_text origin)
{
    struct pv_buffer text = {0};
    struct fields fields;

    gather(&fields, answer, cors, origin, true);
    write_head(&text, answer, &fields);
    pv_buffer_add(&text, answer->body.data, answer->body.length);
    if (!text.failed && send(fd, text.data, text.length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        text.failed = true; /* the client is gone, or takes nothing: so be it */
    shutdown(fd, SHUT_WR);
    pv_buffer_clean_up(&text);
}
