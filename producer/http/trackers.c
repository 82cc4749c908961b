/* What other counters' trackers send, so that a page can keep the one it has. Both take what they
 * do not count with the same answer as what they do: the trackers look at nothing else. */
#include <string.h>

#include "producer/http/endpoint_handlers.h"
#include "producer/http/json_fields.h"
#include "producer/http/query.h"
#include "producer/http/view.h"

/* Plausible: {"n":"pageview","u":URL,"d":domain,"r":referrer}, or by long names. The domain is the
 * sender's name for the site; the URL says where the page is. */
static const struct pv_json_field plausible_fields[] = {
    {.name = "n"},   {.name = "name"}, {.name = "u"},
    {.name = "url"}, {.name = "r"},    {.name = "referrer"},
};
enum { NAME = 0, URL = 2, REFERRER = 4, PLAUSIBLE_FIELDS = 6 };

static struct pv_text either(const struct pv_json_field *fields)
{
    for (int i = 0; i < 2; i++)
        if (fields[i].kind == PV_JSON_STRING)
            return fields[i].text;
    return (struct pv_text){NULL, 0};
}

static void add_plausible(struct pv_endpoints *endpoints, struct pv_http_request *request)
{
    struct pv_http_view view = {.ts_ms = pv_clock_now_ms(endpoints->clock)};
    struct pv_json_field fields[PLAUSIBLE_FIELDS];
    struct pv_json_body body;

    memcpy(fields, plausible_fields, sizeof fields);
    if (!pv_json_body_begin(&body, request->body, request->body_length) || body.is_array ||
        pv_json_body_next(&body, fields, PLAUSIBLE_FIELDS) != PV_JSON_OBJECT ||
        pv_json_body_next(&body, NULL, 0) != PV_JSON_END) {
        pv_http_view_reject(endpoints, PV_REASON_not_json);
        return;
    }
    if (!pv_text_is(either(&fields[NAME]), "pageview"))
        return;
    view.url = either(&fields[URL]);
    view.referrer = either(&fields[REFERRER]);
    pv_http_view_add(endpoints, request, &view);
}

void pv_endpoint_plausible(struct pv_endpoints *endpoints, struct pv_http_request *request,
                           struct pv_http_answer *answer)
{
    static const struct pv_http_header headers[] = {
        {"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}, {NULL, NULL}};
    static const struct pv_http_answer ok = {202, headers, {"ok", 2}, NULL};

    add_plausible(endpoints, request);
    *answer = ok;
}

enum { P, T, R, E, Q, B, GOATCOUNTER_FIELDS };

/* The path, with the page's query behind it when it has none. */
static struct pv_text goatcounter_target(struct pv_endpoints *endpoints,
                                         const struct pv_query_field fields[GOATCOUNTER_FIELDS])
{
    struct pv_text path = fields[P].value, query = fields[Q].value;
    struct pv_buffer *target = &endpoints->text;

    if (path.data == NULL)
        return path;
    pv_buffer_reset(target);
    if (path.length > 0 && path.data[0] != '/' && memchr(path.data, ':', path.length) == NULL)
        pv_buffer_add_char(target, '/');
    pv_buffer_add(target, path.data, path.length);
    if (query.length > 1 && memchr(path.data, '?', path.length) == NULL) {
        if (query.data[0] != '?')
            pv_buffer_add_char(target, '?');
        pv_buffer_add(target, query.data, query.length);
    }
    return target->failed ? path : (struct pv_text){target->data, target->length};
}

static bool is_true(struct pv_text text)
{
    return pv_text_is(text, "true") || pv_text_is(text, "1") || pv_text_is(text, "on");
}

/* GoatCounter: p path, t title, r referrer, e an event and no view, q the page's query, b what the
 * tracker took for a robot (0: nothing). s, the screen's size, is not kept. */
static void add_goatcounter(struct pv_endpoints *endpoints, struct pv_http_request *request)
{
    struct pv_query_field fields[GOATCOUNTER_FIELDS] = {
        [P] = {.name = "p"}, [T] = {.name = "t"}, [R] = {.name = "r"},
        [E] = {.name = "e"}, [Q] = {.name = "q"}, [B] = {.name = "b"},
    };
    struct pv_http_view view = {.ts_ms = pv_clock_now_ms(endpoints->clock)};

    pv_query_parse(request->query, request->query_length, fields, GOATCOUNTER_FIELDS);
    if (is_true(fields[E].value))
        return;
    view.url = goatcounter_target(endpoints, fields);
    view.title = fields[T].value;
    view.referrer = fields[R].value;
    view.is_robot = fields[B].value.length > 0 && !pv_text_is(fields[B].value, "0");
    pv_http_view_add(endpoints, request, &view);
}

void pv_endpoint_goatcounter(struct pv_endpoints *endpoints, struct pv_http_request *request,
                             struct pv_http_answer *answer)
{
    if (!request->is_head)
        add_goatcounter(endpoints, request);
    *answer = pv_endpoint_gif;
}
