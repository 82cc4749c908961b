#include "producer/http/endpoints.h"

#include <string.h>

#include "pageview/event_json.h"
#include "producer/http/endpoint_handlers.h"
#include "producer/http/json_fields.h"
#include "producer/http/query.h"
#include "producer/http/script.h"
#include "producer/http/view.h"

static const struct pv_http_header json_headers[] = {
    {"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {NULL, NULL}};

static const struct pv_http_header retry_headers[] = {{"Content-Type", "application/json"},
                                                      {"Cache-Control", "no-store"},
                                                      {"Retry-After", "5"},
                                                      {NULL, NULL}};

/* Pages of other sites may show it, whatever they demand of what they load. */
static const struct pv_http_header gif_headers[] = {
    {"Content-Type", "image/gif"},
    {"Cache-Control", "no-store"},
    {"Cross-Origin-Resource-Policy", "cross-origin"},
    {NULL, NULL}};

static const struct pv_http_header script_headers[] = {
    {"Content-Type", "text/javascript; charset=utf-8"},
    {"Cache-Control", "public, max-age=86400"},
    {"Cross-Origin-Resource-Policy", "cross-origin"},
    {"ETag", pv_script_etag},
    {NULL, NULL}};

/* One transparent pixel. */
static const char gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0"
                          "\1\0\1\0\0\2\2D\1\0;";

const struct pv_http_answer pv_endpoint_gif = {200, gif_headers, {gif, sizeof gif - 1}, NULL};

static const char refusal[] = "{\"error\":\"the spool is full: send it again later\"}\n";

const struct pv_http_answer pv_http_answer_refusal = {
    503, retry_headers, {refusal, sizeof refusal - 1}, NULL};

void pv_endpoints_clean_up(struct pv_endpoints *endpoints)
{
    pv_hit_to_spool_clean_up(&endpoints->to_spool);
    pv_buffer_clean_up(&endpoints->text);
    pv_buffer_clean_up(&endpoints->rejected);
}

/* Answers with what stands in endpoints->text, or without it when memory is out. */
static void answer_text(struct pv_endpoints *endpoints, unsigned status,
                        const struct pv_http_header *headers, struct pv_http_answer *answer)
{
    const struct pv_buffer *text = &endpoints->text;

    *answer = (struct pv_http_answer){status, headers, {"", 0}, NULL};
    if (!text->failed)
        answer->body = (struct pv_text){text->data, text->length};
}

void pv_http_answer_error(struct pv_endpoints *endpoints, unsigned status, const char *text,
                          struct pv_http_answer *answer)
{
    bool may_retry = status == 429 || status == 503;

    pv_buffer_reset(&endpoints->text);
    pv_buffer_add_text(&endpoints->text, "{\"error\":");
    pv_json_string_write(&endpoints->text, text, strlen(text));
    pv_buffer_add_text(&endpoints->text, "}\n");
    answer_text(endpoints, status, may_retry ? retry_headers : json_headers, answer);
}

/* Fields of a view in JSON, each by its short name and its long one. */
enum { U, URL, ARTICLE, R, REFERRER, T, TITLE, S, SECTION, TS, VIEW_FIELDS };

static const struct pv_json_field view_fields[VIEW_FIELDS] = {
    [U] = {.name = "u"},
    [URL] = {.name = "url"},
    [ARTICLE] = {.name = "article"},
    [R] = {.name = "r"},
    [S] = {.name = "s"},
    [T] = {.name = "t"},
    [REFERRER] = {.name = "referrer"},
    [TITLE] = {.name = "title"},
    [SECTION] = {.name = "section"},
    [TS] = {.name = "ts"},
};

/* The first that is there of `count` fields; absent when none is. */
static struct pv_text first_of(const struct pv_json_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == PV_JSON_STRING)
            return fields[i].text;
    return (struct pv_text){NULL, 0};
}

static enum pv_reason read_ts(const struct pv_endpoints *endpoints,
                              const struct pv_json_field *field, int64_t *ts_ms)
{
    int64_t now_ms = pv_clock_now_ms(endpoints->clock);

    *ts_ms = now_ms;
    if (!endpoints->trust_client_time || field->kind == PV_JSON_ABSENT)
        return PV_REASON_NONE;
    if (field->kind != PV_JSON_INTEGER || field->integer < 0)
        return PV_REASON_bad_ts;
    if (field->integer > now_ms + PV_FUTURE_MS)
        return PV_REASON_future;
    *ts_ms = field->integer;
    return PV_REASON_NONE;
}

static enum pv_reason add_json_view(struct pv_endpoints *endpoints,
                                    const struct pv_http_request *request,
                                    const struct pv_json_field fields[VIEW_FIELDS])
{
    struct pv_http_view view = {
        .url = first_of(&fields[U], 3),
        .referrer = first_of(&fields[R], 2),
        .title = first_of(&fields[T], 2),
        .section = first_of(&fields[S], 2),
    };
    enum pv_reason reason = read_ts(endpoints, &fields[TS], &view.ts_ms);

    for (int i = 0; i < TS && reason == PV_REASON_NONE; i++)
        if (fields[i].kind != PV_JSON_ABSENT && fields[i].kind != PV_JSON_STRING)
            reason = PV_REASON_bad_field;
    if (reason == PV_REASON_NONE)
        return pv_http_view_add(endpoints, request, &view);
    pv_http_view_reject(endpoints, reason);
    return reason;
}

static void note_rejected(struct pv_endpoints *endpoints, size_t index, enum pv_reason reason)
{
    if (reason == PV_REASON_NONE || reason == PV_REASON_spider)
        return;
    pv_buffer_add_format(&endpoints->rejected, "%s{\"index\":%zu,\"reason\":\"%s\"}",
                         endpoints->rejected.length > 0 ? "," : "", index, pv_reason_name(reason));
}

/* Adds every view of the body. NULL, or what is wrong with the body as a whole. */
static const char *add_json_views(struct pv_endpoints *endpoints, struct pv_http_request *request)
{
    struct pv_json_field fields[VIEW_FIELDS];
    struct pv_json_body body;
    enum pv_json_next next;

    memcpy(fields, view_fields, sizeof fields);
    if (!pv_json_body_begin(&body, request->body, request->body_length))
        return "the body is not JSON";
    for (size_t index = 0;; index++) {
        next = pv_json_body_next(&body, fields, VIEW_FIELDS);
        if (next == PV_JSON_BAD)
            return "the body is not JSON, or has more than 16 levels";
        if (next == PV_JSON_END)
            return NULL;
        if (index == PV_HTTP_VIEWS_MAX)
            return "more than 1000 views in one body";
        if (next == PV_JSON_OBJECT) {
            note_rejected(endpoints, index, add_json_view(endpoints, request, fields));
        } else {
            pv_http_view_reject(endpoints, PV_REASON_not_object);
            note_rejected(endpoints, index, PV_REASON_not_object);
        }
    }
}

void pv_endpoint_views(struct pv_endpoints *endpoints, struct pv_http_request *request,
                       struct pv_http_answer *answer)
{
    const char *problem;

    pv_buffer_reset(&endpoints->rejected);
    problem = add_json_views(endpoints, request);
    if (problem != NULL || endpoints->rejected.failed)
        pv_http_views_discard(endpoints);
    if (problem != NULL) {
        pv_http_answer_error(endpoints, 400, problem, answer);
        return;
    }
    if (endpoints->rejected.failed) {
        *answer = pv_http_answer_refusal;
        return;
    }
    pv_buffer_reset(&endpoints->text);
    pv_buffer_add_text(&endpoints->text, "{\"accepted\":");
    pv_buffer_add_number(&endpoints->text, endpoints->to_spool.count - endpoints->count_before);
    pv_buffer_add_text(&endpoints->text, ",\"rejected\":[");
    pv_buffer_add(&endpoints->text, endpoints->rejected.data, endpoints->rejected.length);
    pv_buffer_add_text(&endpoints->text, "]}\n");
    answer_text(endpoints, 202, json_headers, answer);
}

void pv_endpoint_pixel(struct pv_endpoints *endpoints, struct pv_http_request *request,
                       struct pv_http_answer *answer)
{
    struct pv_query_field fields[] = {
        {"u", {NULL, 0}}, {"r", {NULL, 0}}, {"t", {NULL, 0}}, {"s", {NULL, 0}}};
    struct pv_http_view view = {.ts_ms = pv_clock_now_ms(endpoints->clock)};

    pv_query_parse(request->query, request->query_length, fields, 4);
    view.url = fields[0].value.data != NULL ? fields[0].value : request->referer;
    view.referrer = fields[1].value;
    view.title = fields[2].value;
    view.section = fields[3].value;
    if (view.url.data == NULL) {
        pv_http_answer_error(endpoints, 400, "no u= and no Referer: which page was viewed?",
                             answer);
        return;
    }
    if (!request->is_head)
        pv_http_view_add(endpoints, request, &view);
    *answer = pv_endpoint_gif;
}

/* Whether If-None-Match has the script's tag; a W/ in front of it does not matter. */
static bool is_known(struct pv_text if_none_match)
{
    size_t length = strlen(pv_script_etag);

    for (size_t i = 0; i + length <= if_none_match.length; i++)
        if (memcmp(if_none_match.data + i, pv_script_etag, length) == 0)
            return true;
    return false;
}

void pv_endpoint_script(struct pv_endpoints *endpoints, struct pv_http_request *request,
                        struct pv_http_answer *answer)
{
    (void)endpoints;
    *answer = (struct pv_http_answer){200, script_headers, {pv_script, pv_script_size}, NULL};
    if (is_known(request->if_none_match))
        *answer = (struct pv_http_answer){304, script_headers, {NULL, 0}, NULL};
}
