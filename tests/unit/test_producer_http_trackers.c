#include "http_endpoints.h"

#define TS ",\"ts\":1764000000000"

static void assert_ok(void)
{
    assert_int_equal(answer.status, 202);
    assert_body("ok");
}

static void plausible_pageview_is_a_view(void **state)
{
    (void)state;
    post("/api/event",
         "{\"n\":\"pageview\",\"u\":\"https://example.org/a?x\",\"d\":\"example.org\","
         "\"r\":\"https://other.org/\",\"w\":1280,\"h\":1,\"p\":{\"k\":\"v\"}}");
    assert_ok();
    post("/api/event", "{\"name\":\"pageview\",\"url\":\"https://example.org/b\","
                       "\"domain\":\"example.org\",\"referrer\":null}");
    assert_ok();
    assert_spooled("{\"article\":\"/a\"" TS ",\"referrer\":\"other.org\"}\n"
                   "{\"article\":\"/b\"" TS "}\n");
}

static void other_plausible_events_are_no_views(void **state)
{
    static const char *const bodies[] = {
        "{\"n\":\"Signup\",\"u\":\"https://example.org/a\"}",
        "{\"n\":\"engagement\",\"u\":\"https://example.org/a\"}",
        "{\"u\":\"https://example.org/a\"}",
        "{\"n\":\"pageviews\",\"u\":\"https://example.org/a\"}",
        "{\"n\":7,\"u\":\"https://example.org/a\"}",
        "{\"n\":\"pageview\"}",
        "{\"n\":\"pageview\",\"u\":7}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        post("/api/event", bodies[i]);
        assert_ok();
    }
    assert_spooled("");
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_missing_article]), 2);
}

static void plausible_answer_is_always_the_same(void **state)
{
    static const char *const bodies[] = {
        "", "{", "[]", "7", "{\"n\":\"pageview\"}{}", "[{\"n\":\"pageview\",\"u\":\"/a\"}]"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        post("/api/event", bodies[i]);
        assert_ok();
    }
    assert_spooled("");
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_not_json]), 6);
}

static void goatcounter_path_is_a_view(void **state)
{
    (void)state;
    get("GET", "/count",
        "p=%2Fa&t=A%20title&r=https%3A%2F%2Fother.org%2F&s=1920,1080,1&q=%3Fx%3D1&b=0&rnd=ab1");
    assert_gif();
    get("POST", "/count", "p=/b&e=false");
    assert_gif();
    assert_spooled("{\"article\":\"/a\"" TS ",\"title\":\"A title\",\"referrer\":\"other.org\"}\n"
                   "{\"article\":\"/b\"" TS "}\n");
}

static void goatcounter_event_is_no_view(void **state)
{
    (void)state;
    get("GET", "/count", "p=click-me&e=true");
    assert_gif();
    get("GET", "/count", "p=click-me&e=1");
    assert_gif();
    assert_int_equal(fake_spool.appends, 0);
}

static void goatcounter_robot_is_a_robot(void **state)
{
    (void)state;
    get("GET", "/count", "p=/a&b=150");
    assert_gif();
    assert_spooled("{\"article\":\"/a\"" TS ",\"agent\":\"spider\"}\n");
}

static void goatcounter_path_needs_no_slash(void **state)
{
    (void)state;
    get("GET", "/count", "p=a/b");
    get("GET", "/count", "p=https://example.org/c");
    assert_spooled("{\"article\":\"/a/b\"" TS "}\n{\"article\":\"/c\"" TS "}\n");
    get("GET", "/count", "t=x");
    assert_gif();
    assert_int_equal(pv_metric_get(&metrics.rejected[PV_REASON_missing_article]), 1);
}

static void goatcounter_head_counts_nothing(void **state)
{
    (void)state;
    get("HEAD", "/count", "p=/a");
    assert_gif();
    assert_int_equal(fake_spool.appends, 0);
}

static void full_spool_is_told(void **state)
{
    (void)state;
    fake_spool.result = PV_SPOOL_FULL;
    post("/api/event", "{\"n\":\"pageview\",\"u\":\"https://example.org/a\"}");
    assert_int_equal(answer.status, 503);
    get("GET", "/count", "p=/a");
    assert_int_equal(answer.status, 503);
    assert_int_equal(pv_metric_get(&metrics.refused), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plausible_pageview_is_a_view),
        TEST(other_plausible_events_are_no_views),
        TEST(plausible_answer_is_always_the_same),
        TEST(goatcounter_path_is_a_view),
        TEST(goatcounter_event_is_no_view),
        TEST(goatcounter_robot_is_a_robot),
        TEST(goatcounter_path_needs_no_slash),
        TEST(goatcounter_head_counts_nothing),
        TEST(full_spool_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
