#include "http_endpoints.h"

#define TS ",\"ts\":1764000000000"

static void view_is_accepted_when_the_spool_has_it(void **state)
{
    (void)state;
    post("/v1/views", "{\"u\":\"https://example.org/a/b?x=1\",\"r\":\"https://other.org/x\","
                      "\"t\":\" A\\ttitle \",\"s\":\"news\"}");
    assert_int_equal(answer.status, 202);
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    assert_spooled("{\"article\":\"/a/b\"" TS ",\"section\":\"news\",\"title\":\"A title\","
                   "\"referrer\":\"other.org\"}\n");
    assert_int_equal(pv_metric_get(&metrics.accepted), 1);
    assert_int_equal(fake_spool.appends, 1);
}

static void long_names_do_as_well(void **state)
{
    (void)state;
    post("/v1/views", "{\"url\":\"https://example.org/a\",\"referrer\":\"https://other.org/x\","
                      "\"title\":\"A\",\"section\":\"news\"}");
    assert_spooled("{\"article\":\"/a\"" TS ",\"section\":\"news\",\"title\":\"A\","
                   "\"referrer\":\"other.org\"}\n");
    post("/v1/views", "{\"article\":\"/b\"}");
    assert_contains(fake_spool.lines, "{\"article\":\"/b\"" TS "}\n");
}

static void array_is_spooled_at_once_and_each_refusal_named(void **state)
{
    (void)state;
    post("/v1/views", "[{\"u\":\"/a\"},7,{\"t\":\"x\"},{\"u\":\"/b.css\"},{\"u\":9},"
                      "{\"u\":\"about:blank\"},{\"u\":\"/c\"}]");
    assert_int_equal(answer.status, 202);
    assert_body("{\"accepted\":2,\"rejected\":["
                "{\"index\":1,\"reason\":\"not_object\"},"
                "{\"index\":2,\"reason\":\"missing_article\"},"
                "{\"index\":3,\"reason\":\"asset\"},"
                "{\"index\":4,\"reason\":\"bad_field\"},"
                "{\"index\":5,\"reason\":\"bad_article\"}]}\n");
    assert_spooled("{\"article\":\"/a\"" TS "}\n{\"article\":\"/c\"" TS "}\n");
    assert_int_equal(fake_spool.appends, 1);
    assert_int_equal(pv_metric_get(&metrics.accepted), 2);
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_asset]), 1);
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_object]), 1);
}

/* "[X,X,…]" with `count` times `item`. */
static char *array_of(const char *item, size_t count)
{
    char *text = malloc(count * (strlen(item) + 1) + 3), *at = text;

    assert_non_null(text);
    *at++ = '[';
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "%s%s", i > 0 ? "," : "", item);
    strcpy(at, "]");
    return text;
}

static void thousand_views_are_taken_and_no_more(void **state)
{
    char *full = array_of("{\"u\":\"/a\"}", 1000), *over = array_of("{\"u\":\"/a\"}", 1001);

    (void)state;
    post("/v1/views", over);
    assert_int_equal(answer.status, 400);
    assert_int_equal(fake_spool.appends, 0);
    post("/v1/views", full);
    assert_int_equal(answer.status, 202);
    assert_body("{\"accepted\":1000,\"rejected\":[]}\n");
    assert_int_equal(pv_metric_get(&metrics.accepted), 1000);
    free(full);
    free(over);
}

static void bad_body_is_refused_whole(void **state)
{
    static const char *const bad[] = {"", "{", "[{\"u\":\"/a\"},{\"u\":\"/b\"}", "u=/a", "\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        post("/v1/views", bad[i]);
        assert_int_equal(answer.status, 400);
        assert_memory_equal(answer.body.data, "{\"error\":\"", 10);
    }
    assert_int_equal(fake_spool.appends, 0);
    post("/v1/views", "{\"u\":\"/c\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    assert_spooled("{\"article\":\"/c\"" TS "}\n");
}

static void nothing_is_accepted_when_the_spool_takes_nothing(void **state)
{
    static const enum pv_spool_result results[] = {PV_SPOOL_FULL, PV_SPOOL_FAILED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fake_spool.result = results[i];
        post("/v1/views", "[{\"u\":\"/a\"},{\"u\":\"/b\"},7]");
        assert_int_equal(answer.status, 503);
        assert_string_equal(header("Retry-After"), "5");
        assert_memory_equal(answer.body.data, "{\"error\":\"", 10);
    }
    assert_int_equal(pv_metric_get(&metrics.accepted), 0);
    assert_int_equal(pv_metric_get(&metrics.refused), 4);
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_object]), 0);
    fake_spool.result = PV_SPOOL_OK;
    post("/v1/views", "{\"u\":\"/c\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    assert_spooled("{\"article\":\"/c\"" TS "}\n");
}

/* Handles a body without a flush. True: it waits for one. */
static bool hand_in(const char *body)
{
    const struct pv_http_route *route =
        pv_http_route_find("/v1/views", "POST", &endpoints, &answer);

    assert_non_null(route);
    request.body = room_of(body, strlen(body));
    request.body_length = strlen(body);
    return pv_endpoints_handle(&endpoints, route, &request, &answer);
}

static void requests_share_a_write_and_none_spoils_another(void **state)
{
    (void)state;
    assert_true(hand_in("[{\"u\":\"/a\"},7]"));
    assert_false(hand_in("[{\"u\":\"/spoilt\"},"));
    assert_int_equal(answer.status, 400);
    assert_false(hand_in("[7]"));
    assert_true(hand_in("{\"u\":\"/b\"}"));
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    assert_int_equal(pv_metric_get(&metrics.accepted), 0);
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_object]), 1);
    assert_true(pv_endpoints_flush(&endpoints));
    assert_spooled("{\"article\":\"/a\"" TS "}\n{\"article\":\"/b\"" TS "}\n");
    assert_int_equal(fake_spool.appends, 1);
    assert_int_equal(pv_metric_get(&metrics.accepted), 2);
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_object]), 2);
}

static void what_waits_fits_into_one_append(void **state)
{
    char item[1100] = "{\"u\":\"/", *views;

    (void)state;
    memset(item + 7, '~', 500);
    strcpy(item + 507, "\"}");
    views = array_of(item, 100);
    for (int i = 0; i < 1000 && !pv_endpoints_are_full(&endpoints); i++)
        assert_true(hand_in(views));
    assert_true(pv_endpoints_are_full(&endpoints));
    assert_true(endpoints.to_spool.lines.length + 4 * PV_HTTP_BODY_MAX + 200 * PV_HTTP_VIEWS_MAX <=
                1048576);
    fake_spool.result = PV_SPOOL_FULL;
    assert_false(pv_endpoints_flush(&endpoints));
    assert_false(pv_endpoints_are_full(&endpoints));
    free(views);
}

static void robot_is_accepted_and_marked(void **state)
{
    (void)state;
    request.user_agent = text_of("goodbot/1.0");
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    assert_spooled("{\"article\":\"/a\"" TS ",\"agent\":\"spider\"}\n");
}

static void client_time_counts_only_when_it_is_trusted(void **state)
{
    (void)state;
    post("/v1/views", "{\"u\":\"/a\",\"ts\":1763000000000}");
    assert_spooled("{\"article\":\"/a\"" TS "}\n");
    post("/v1/views", "{\"u\":\"/a\",\"ts\":\"yesterday\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
}

static void trusted_time_is_checked(void **state)
{
    (void)state;
    endpoints.trust_client_time = true;
    post("/v1/views", "[{\"u\":\"/a\",\"ts\":1763000000000},{\"u\":\"/b\",\"ts\":-1},"
                      "{\"u\":\"/b\",\"ts\":\"1\"},{\"u\":\"/b\",\"ts\":1.5},"
                      "{\"u\":\"/b\",\"ts\":1764000300001},{\"u\":\"/c\",\"ts\":1764000300000},"
                      "{\"u\":\"/d\"}]");
    assert_body("{\"accepted\":3,\"rejected\":["
                "{\"index\":1,\"reason\":\"bad_ts\"},{\"index\":2,\"reason\":\"bad_ts\"},"
                "{\"index\":3,\"reason\":\"bad_ts\"},{\"index\":4,\"reason\":\"future\"}]}\n");
    assert_spooled("{\"article\":\"/a\",\"ts\":1763000000000}\n"
                   "{\"article\":\"/c\",\"ts\":1764000300000}\n{\"article\":\"/d\"" TS "}\n");
}

static void other_sites_are_refused(void **state)
{
    (void)state;
    endpoints.allow_hosts = &example_org;
    post("/v1/views", "[{\"u\":\"https://Example.org:8080/a\"},{\"u\":\"https://evil.org/b\"},"
                      "{\"u\":\"/c\"}]");
    assert_body("{\"accepted\":1,\"rejected\":[{\"index\":1,\"reason\":\"not_allowed\"},"
                "{\"index\":2,\"reason\":\"not_allowed\"}]}\n");
    assert_spooled("{\"article\":\"/a\"" TS "}\n");
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_allowed]), 2);
}

static void path_is_of_the_page_that_sent_it(void **state)
{
    (void)state;
    endpoints.allow_hosts = &example_org;
    request.origin = text_of("https://example.org");
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    request.origin = text_of("null");
    request.referer = text_of("https://example.org/page");
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":1,\"rejected\":[]}\n");
    request.referer = text_of("https://evil.org/page");
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":0,\"rejected\":[{\"index\":0,\"reason\":\"not_allowed\"}]}\n");
}

static void who_asks_not_to_be_counted_is_not(void **state)
{
    (void)state;
    request.no_consent = true;
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":0,\"rejected\":[{\"index\":0,\"reason\":\"consent\"}]}\n");
    request.no_consent = false;
    request.purpose = text_of("prefetch;prerender");
    post("/v1/views", "{\"u\":\"/a\"}");
    assert_body("{\"accepted\":0,\"rejected\":[{\"index\":0,\"reason\":\"prefetch\"}]}\n");
    assert_spooled("");
}

static void pixel_counts_what_its_query_names(void **state)
{
    (void)state;
    get("GET", "/v1/pixel.gif",
        "u=https%3A%2F%2Fexample.org%2Fa&r=https://other.org/&t=A%20title&s=news");
    assert_gif();
    assert_spooled("{\"article\":\"/a\"" TS ",\"section\":\"news\",\"title\":\"A title\","
                   "\"referrer\":\"other.org\"}\n");
}

static void pixel_without_a_page_is_of_the_page_that_shows_it(void **state)
{
    (void)state;
    get("GET", "/v1/pixel.gif", "");
    assert_int_equal(answer.status, 400);
    request.referer = text_of("https://example.org/shown");
    get("GET", "/v1/pixel.gif", "");
    assert_gif();
    assert_spooled("{\"article\":\"/shown\"" TS "}\n");
}

static void pixel_is_shown_although_the_view_is_refused(void **state)
{
    (void)state;
    endpoints.allow_hosts = &example_org;
    get("GET", "/v1/pixel.gif", "u=https://evil.org/a");
    assert_gif();
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_allowed]), 1);
    endpoints.allow_hosts = NULL;
    fake_spool.result = PV_SPOOL_FULL;
    get("GET", "/v1/pixel.gif", "u=/a");
    assert_int_equal(answer.status, 503);
}

static void head_counts_nothing(void **state)
{
    (void)state;
    get("HEAD", "/v1/pixel.gif", "u=/a");
    assert_gif();
    assert_int_equal(fake_spool.appends, 0);
    assert_int_equal(pv_metric_get(&metrics.accepted), 0);
}

static void script_is_small_and_may_be_kept(void **state)
{
    char tag[64];

    (void)state;
    get("GET", "/pv.js", "");
    assert_int_equal(answer.status, 200);
    assert_true(answer.body.length > 500 && answer.body.length <= 2048);
    assert_string_equal(header("Content-Type"), "text/javascript; charset=utf-8");
    assert_string_equal(header("Cache-Control"), "public, max-age=86400");
    snprintf(tag, sizeof tag, "W/%s, \"x\"", header("ETag"));
    request.if_none_match = text_of("\"other\"");
    get("GET", "/pv.js", "");
    assert_int_equal(answer.status, 200);
    request.if_none_match = text_of(tag);
    get("GET", "/pv.js", "");
    assert_int_equal(answer.status, 304);
    assert_int_equal(answer.body.length, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(view_is_accepted_when_the_spool_has_it),
        TEST(long_names_do_as_well),
        TEST(array_is_spooled_at_once_and_each_refusal_named),
        TEST(thousand_views_are_taken_and_no_more),
        TEST(bad_body_is_refused_whole),
        TEST(nothing_is_accepted_when_the_spool_takes_nothing),
        TEST(requests_share_a_write_and_none_spoils_another),
        TEST(what_waits_fits_into_one_append),
        TEST(robot_is_accepted_and_marked),
        TEST(client_time_counts_only_when_it_is_trusted),
        TEST(trusted_time_is_checked),
        TEST(other_sites_are_refused),
        TEST(path_is_of_the_page_that_sent_it),
        TEST(who_asks_not_to_be_counted_is_not),
        TEST(pixel_counts_what_its_query_names),
        TEST(pixel_without_a_page_is_of_the_page_that_shows_it),
        TEST(pixel_is_shown_although_the_view_is_refused),
        TEST(head_counts_nothing),
        TEST(script_is_small_and_may_be_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
