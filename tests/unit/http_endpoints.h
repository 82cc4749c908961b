/* Endpoints over a spool in memory, which a test fills, breaks and reads. A program that includes
 * this has no other spool. */
#ifndef HTTP_ENDPOINTS_H
#define HTTP_ENDPOINTS_H

#include "test_pageview_support.h"

#include <errno.h>

#include "producer/http/endpoints.h"

#define NOW_MS INT64_C(1764000000000)

static struct {
    enum pv_spool_result result; /* of the next appends */
    size_t appends;
    char lines[262144];
    size_t length;
} fake_spool;

enum pv_spool_result pv_spool_write(struct pv_spool_writer *writer, const char *lines,
                                    size_t length)
{
    (void)writer;
    errno = ENOSPC;
    fake_spool.appends++;
    if (fake_spool.result == PV_SPOOL_OK) {
        assert_true(fake_spool.length + length < sizeof fake_spool.lines);
        memcpy(fake_spool.lines + fake_spool.length, lines, length);
        fake_spool.length += length;
        fake_spool.lines[fake_spool.length] = '\0';
    }
    return fake_spool.result;
}

void pv_spool_writer_rest(struct pv_spool_writer *writer)
{
    (void)writer;
}

void pv_spool_sync_if_due(struct pv_spool *spool)
{
    (void)spool;
}

static int64_t fixed_now_ms(void *context)
{
    (void)context;
    return NOW_MS;
}

static const struct pv_clock fixed_clock = {fixed_now_ms, NULL};
static struct pv_collector_metrics metrics;
static struct pv_endpoints endpoints;
static struct pv_http_request request;
static struct pv_http_answer answer;
static const char *allowed_host = "example.org";
static const struct pv_list example_org = {&allowed_host, 1};
static char *request_room;

static int set_up(void **state)
{
    struct pv_policy_options options = {0};
    char path[64];
    struct pv_error error;

    (void)state;
    write_temporary_file(path, "bot\n", 4);
    options.spiders_path = path;
    memset(&fake_spool, 0, sizeof fake_spool);
    memset(&metrics, 0, sizeof metrics);
    endpoints = (struct pv_endpoints){.clock = &fixed_clock, .metrics = &metrics};
    request = (struct pv_http_request){.user_agent = {"Mozilla/5.0", 11}};
    if (pv_policy_new(&options, &endpoints.to_spool.policy, &error) != PV_OK)
        fail_msg("%s", error.text);
    unlink(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_policy_destroy(endpoints.to_spool.policy);
    pv_endpoints_clean_up(&endpoints);
    free(request_room);
    request_room = NULL;
    return 0;
}

static inline struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, strlen(text)};
}

static char *room_of(const char *text, size_t length)
{
    free(request_room);
    return request_room = exact_copy(text, length);
}

static void call(const char *method, const char *path)
{
    const struct pv_http_route *route = pv_http_route_find(path, method, &endpoints, &answer);

    assert_non_null(route);
    request.is_head = strcmp(method, "HEAD") == 0;
    if (pv_endpoints_handle(&endpoints, route, &request, &answer) &&
        !pv_endpoints_flush(&endpoints))
        answer = pv_http_answer_refusal;
}

/* A request with a body and no query. */
static inline void post(const char *path, const char *body)
{
    request.query = NULL;
    request.query_length = 0;
    request.body = room_of(body, strlen(body));
    request.body_length = strlen(body);
    call("POST", path);
}

/* A request with a query and no body. */
static inline void get(const char *method, const char *path, const char *query)
{
    request.body = NULL;
    request.body_length = 0;
    request.query = room_of(query, strlen(query));
    request.query_length = strlen(query);
    call(method, path);
}

static inline void assert_body(const char *expected)
{
    assert_int_equal(answer.body.length, strlen(expected));
    assert_memory_equal(answer.body.data, expected, answer.body.length);
}

static inline const char *header(const char *name)
{
    for (const struct pv_http_header *at = answer.headers; at != NULL && at->name != NULL; at++)
        if (strcmp(at->name, name) == 0)
            return at->value;
    return "";
}

static inline void assert_gif(void)
{
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, 43);
    assert_memory_equal(answer.body.data, "GIF89a", 6);
    assert_string_equal(header("Content-Type"), "image/gif");
    assert_string_equal(header("Cache-Control"), "no-store");
}

static inline void assert_spooled(const char *lines)
{
    assert_string_equal(fake_spool.lines, lines);
}

#endif
