#include "test_producer_format.h"

#define TS INT64_C(1795525507000)

/* What every line needs, and nothing else. */
#define NEEDED "\"ts\":1795525507,\"status\":200,\"request\":\"GET /a HTTP/1.1\""

static int use_json(void **state)
{
    (void)state;
    use_format("json");
    return 0;
}

static void line_of_nginx_becomes_a_hit(void **state)
{
    struct pv_hit hit = parse(
        "{\"time_iso8601\":\"2026-11-24T18:50:07+05:45\",\"remote_addr\":\"2001:db8::1\","
        "\"remote_user\":\"\",\"request\":\"GET /a?b=c HTTP/2.0\",\"status\":\"200\","
        "\"body_bytes_sent\":\"5\",\"request_time\":\"0.003\",\"http_referrer\":"
        "\"https://example.org/\",\"http_user_agent\":\"Mozilla/5.0 \\\"X\\\"\","
        "\"http_x_forwarded_for\":\"\",\"host\":\"example.org\",\"http_sec_purpose\":\"prefetch\","
        "\"http_sec_gpc\":\"1\"}");

    (void)state;
    assert_int_equal(hit.ts_ms, TS);
    assert_text(hit.method, "GET");
    assert_text(hit.target, "/a?b=c");
    assert_int_equal(hit.status, 200);
    assert_text(hit.referrer, "https://example.org/");
    assert_text(hit.user_agent, "Mozilla/5.0 \"X\"");
    assert_text(hit.address, "2001:db8::1");
    assert_text(hit.site, "example.org");
    assert_text(hit.purpose, "prefetch");
    assert_text(hit.title, NULL);
    assert_text(hit.section, NULL);
    assert_true(hit.no_consent);
}

#define CADDY(time)                                                                                \
    "{\"level\":\"info\",\"ts\":" time ",\"logger\":\"http.log.access.log0\",\"msg\":"             \
    "\"handled request\",\"request\":{\"remote_ip\":\"10.0.0.1\",\"remote_port\":\"41342\","       \
    "\"client_ip\":\"203.0.113.9\",\"proto\":\"HTTP/3.0\",\"method\":\"GET\",\"host\":"            \
    "\"example.org:8443\",\"uri\":\"/a/?b=c\",\"headers\":{\"User-Agent\":[\"curl/7.82.0\"],"      \
    "\"Accept\":[\"*/*\"],\"Referer\":[\"https://example.org/\"],\"Sec-Purpose\":"                 \
    "[\"prefetch;prerender\"],\"Dnt\":[\"1\"]},\"tls\":{\"resumed\":false,\"version\":772,"        \
    "\"cipher_suite\":4865,\"proto\":\"h3\",\"server_name\":\"example.net\"}},\"bytes_read\":0,"   \
    "\"user_id\":\"\",\"duration\":0.000929675,\"size\":10900,\"status\":200,\"resp_headers\":"    \
    "{\"Server\":[\"Caddy\"],\"Content-Type\":[\"text/html\"],\"Referer\":[\"no\"]}}"

static void line_of_caddy_becomes_a_hit(void **state)
{
    struct pv_hit hit = parse(CADDY("1795525507.5241024"));

    (void)state;
    assert_int_equal(hit.ts_ms, TS + 524);
    assert_text(hit.method, "GET");
    assert_text(hit.target, "/a/?b=c");
    assert_int_equal(hit.status, 200);
    assert_text(hit.referrer, "https://example.org/");
    assert_text(hit.user_agent, "curl/7.82.0");
    assert_text(hit.address, "203.0.113.9");
    assert_text(hit.site, "example.org");
    assert_text(hit.purpose, "prefetch;prerender");
    assert_text(hit.title, NULL);
    assert_text(hit.section, NULL);
    assert_true(hit.no_consent);
    assert_int_equal(parse(CADDY("\"2026-11-24T18:50:07.250+05:45\"")).ts_ms, TS + 250);
    assert_int_equal(parse(CADDY("\"2026-11-24T13:05:07.250Z\"")).ts_ms, TS + 250);
    assert_int_equal(parse(CADDY("\"24/Nov/2026:13:05:07 +0000\"")).ts_ms, TS);
}

static void each_time_is_understood(void **state)
{
    static const struct {
        const char *member;
        int64_t ts_ms;
    } cases[] = {
        {"\"time_local\":\"24/Nov/2026:04:05:07 -0900\"", TS},
        {"\"time_iso8601\":\"2026-11-24T13:05:07+00:00\"", TS},
        {"\"msec\":\"1795525507.123\"", TS + 123},
        {"\"msec\":1795525507.123", TS + 123},
        {"\"timestamp\":1795525507", TS},
        {"\"@timestamp\":\"2026-11-24T13:05:07.123456789Z\"", TS + 123},
        {"\"time\":\"2026-11-24 13:05:07+0000\"", TS},
        {"\"time\":\"2026-11-24 13:05:07,5 +0000\"", -1},
        {"\"datetime\":\"2026-11-24T13:05:07.1Z\"", TS + 100},
        {"\"ts\":1795525507123", TS + 123},
        {"\"ts\":1795525507123456", TS + 123},
        {"\"ts\":1795525507123456789", TS + 123},
        {"\"ts\":1795525507123.75", TS + 123},
        {"\"ts\":99999999999", INT64_C(99999999999000)},
        {"\"ts\":0", 0},
        {"\"ts\":0.5", 500},
        {"\"msec\":1.5,\"time\":\"2026-11-24T13:05:07Z\"", 1500},
        {"\"time\":\"2026-11-24T13:05:07Z\",\"msec\":1.5", 1500},
        {"\"time_local\":\"24/Nov/2026:13:05:07 +0000\",\"time\":\"0.003\"", TS},
        {"\"time\":1,\"time\":2", 2000},
        {"\"TS\":1", 1000},
        {"\"ts\":\"\"", -1},
        {"\"ts\":\"-\"", -1},
        {"\"ts\":null", -1},
        {"\"ts\":-1", -1},
        {"\"ts\":1e9", -1},
        {"\"ts\":1795525507123456789012", -1},
        {"\"ts\":\"2026-11-24T13:05:07\"", -1},
        {"\"ts\":\"2026-11-24\"", -1},
        {"\"ts\":\"2026/11/24 13:05:07\"", -1},
        {"\"ts\":\"24/Nov/2026\"", -1},
        {"\"ts\":\"1795525507.\"", -1},
        {"\"ts\":\"1795525507x\"", -1},
        {"\"x\":1", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];

        snprintf(text, sizeof text, "{%s,\"status\":200,\"request\":\"GET /a HTTP/1.1\"}",
                 cases[i].member);
        if (cases[i].ts_ms < 0 && parses(text))
            fail_msg("taken: %s", text);
        if (cases[i].ts_ms >= 0)
            assert_int_equal(parse(text).ts_ms, cases[i].ts_ms);
    }
}

static void request_may_come_in_parts(void **state)
{
    static const struct {
        const char *members, *method, *target;
    } cases[] = {
        {"\"request\":\"GET /a HTTP/1.1\"", "GET", "/a"},
        {"\"request\":\"-\"", "-", ""},
        {"\"request\":\"\"", "", ""},
        {"\"request\":\"\",\"method\":\"GET\",\"uri\":\"/b\"", "GET", "/b"},
        {"\"method\":\"GET\",\"uri\":\"/b\",\"request\":\"GET /a HTTP/1.1\"", "GET", "/a"},
        {"\"request_method\":\"GET\",\"request_uri\":\"/a?b\",\"uri\":\"/c\"", "GET", "/a?b"},
        {"\"uri\":\"/c\",\"request_uri\":\"/a?b\",\"method\":\"GET\"", "GET", "/a?b"},
        {"\"method\":\"GET\",\"path\":\"/a\",\"query_string\":\"b=c\"", "GET", "/a?b=c"},
        {"\"method\":\"GET\",\"uri\":\"/a\",\"args\":\"\"", "GET", "/a"},
        {"\"method\":\"GET\",\"uri\":\"/a?b\",\"args\":\"b\"", "GET", "/a?b"},
        {"\"method\":\"GET\",\"url\":\"https://example.org/a\"", "GET", "https://example.org/a"},
        {"\"request\":{\"method\":\"GET\",\"uri\":\"/a\"}", "GET", "/a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct pv_hit hit;

        snprintf(text, sizeof text, "{\"ts\":1,\"status\":200,%s}", cases[i].members);
        hit = parse(text);
        assert_text(hit.method, cases[i].method);
        assert_text(hit.target, cases[i].target);
    }
}

/* What the members do to a hit. */
static struct pv_hit hit_of(const char *members)
{
    char text[512];

    snprintf(text, sizeof text, "{%s," NEEDED "}", members);
    return parse(text);
}

static void each_name_fills_its_field(void **state)
{
    static const char *const referrers[] = {"http_referer", "http_referrer", "referer", "referrer"};
    static const char *const agents[] = {"http_user_agent", "user_agent", "User-Agent",
                                         "useragent",       "agent",      "http_User_Agent"};
    static const char *const addresses[] = {"remote_addr", "client_ip", "remote_ip",
                                            "http_x_forwarded_for"};
    static const char *const sites[] = {"host", "http_host", "server_name", "vhost"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "\"%s\":\"x\"", referrers[i]);
        assert_text(hit_of(text).referrer, "x");
        snprintf(text, sizeof text, "\"%s\":\"x\"", addresses[i]);
        assert_text(hit_of(text).address, "x");
        snprintf(text, sizeof text, "\"%s\":\"x:80\"", sites[i]);
        assert_text(hit_of(text).site, "x");
    }
    for (size_t i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "\"%s\":\"x\"", agents[i]);
        assert_text(hit_of(text).user_agent, "x");
    }
    assert_text(hit_of("\"http_purpose\":\"p\"").purpose, "p");
    assert_text(hit_of("\"title\":\"A\"").title, "A");
    assert_text(hit_of("\"sent_http_x_article_title\":\"A\"").title, "A");
    assert_text(hit_of("\"resp_headers\":{\"X-Article-Title\":[\"A\"]}").title, "A");
    assert_text(hit_of("\"title\":\"\"").title, NULL);
    assert_text(hit_of("\"section\":\"sport\"").section, "sport");
    assert_text(hit_of("\"sent_http_x_article_section\":\"sport\"").section, "sport");
    assert_text(hit_of("\"resp_headers\":{\"X-Article-Section\":[\"sport\"]}").section, "sport");
    assert_text(hit_of("\"http_x_article_title\":\"Lies\"").title, NULL);
    assert_text(hit_of("\"request\":{\"headers\":{\"X-Article-Title\":[\"Lies\"]}}").title, NULL);
    assert_true(hit_of("\"http_dnt\":1").no_consent);
    assert_false(hit_of("\"http_dnt\":true").no_consent);
    assert_text(hit_of("\"client_ip\":\"a\",\"remote_addr\":\"b\"").address, "a");
    assert_text(hit_of("\"user_agent\":null").user_agent, NULL);
    assert_text(hit_of("\"user_agent\":\"\"").user_agent, "");
    assert_text(hit_of("\"user_agent\":\"a\",\"agent\":\"\"").user_agent, "a");
    assert_text(hit_of("\"x\":{\"user_agent\":\"a\"}").user_agent, NULL);
    assert_text(hit_of("\"x\":[{\"user_agent\":\"a\"}]").user_agent, NULL);
    assert_text(hit_of("\"user\\u005fagent\":\"a\"").user_agent, "a");
}

static void status_is_three_digits(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"ts\":1,\"status\":\"304\",\"request\":\"-\"}").status, 304);
    assert_int_equal(parse("{\"ts\":1,\"status_code\":304,\"request\":\"-\"}").status, 304);
    assert_false(parses("{\"ts\":1,\"status\":20,\"request\":\"-\"}"));
    assert_false(parses("{\"ts\":1,\"status\":2000,\"request\":\"-\"}"));
    assert_false(parses("{\"ts\":1,\"status\":-20,\"request\":\"-\"}"));
    assert_false(parses("{\"ts\":1,\"status\":\"-\",\"request\":\"-\"}"));
    assert_false(parses("{\"ts\":1,\"status\":2e2,\"request\":\"-\"}"));
    assert_false(parses("{\"ts\":1,\"request\":\"-\"}"));
}

static void bytes_that_are_no_utf8_pass(void **state)
{
    (void)state;
    assert_text(hit_of("\"agent\":\"\xff\xc3(\x80\"").user_agent, "\xff\xc3(\x80");
}

static void escapes_are_undone(void **state)
{
    (void)state;
    assert_text(hit_of("\"agent\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"").user_agent,
                "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
    assert_text(hit_of("\"agent\":\"\\udc00\\ud800\\u0041\\ud800x\"").user_agent,
                "\xef\xbf\xbd\xef\xbf\xbd"
                "A"
                "\xef\xbf\xbd"
                "x");
    assert_int_equal(hit_of("\"agent\":\"\\u0000\"").user_agent.length, 1);
    assert_text(hit_of("\"agent\":\"\\n\",\"referer\":\"\\t\"").user_agent, "\n");
    assert_text(hit_of("\"agent\":\"\\n\",\"referer\":\"\\t\"").referrer, "\t");
}

static void what_is_no_json_object_is_a_bad_line(void **state)
{
    static const char *const broken[] = {
        "",
        "null",
        "[]",
        "\"{" NEEDED "}\"",
        "{" NEEDED,
        "{" NEEDED "}}",
        "{" NEEDED "} x",
        "{" NEEDED ",}",
        "{," NEEDED "}",
        "{" NEEDED ",\"a\"}",
        "{" NEEDED ",\"a\":}",
        "{" NEEDED ",\"a\" 1}",
        "{" NEEDED ",a:1}",
        "{" NEEDED ",\"a\":'1'}",
        "{" NEEDED ",\"a\":01}",
        "{" NEEDED ",\"a\":1.}",
        "{" NEEDED ",\"a\":.5}",
        "{" NEEDED ",\"a\":+1}",
        "{" NEEDED ",\"a\":1e}",
        "{" NEEDED ",\"a\":1e+}",
        "{" NEEDED ",\"a\":-}",
        "{" NEEDED ",\"a\":nul}",
        "{" NEEDED ",\"a\":nulls}",
        "{" NEEDED ",\"a\":True}",
        "{" NEEDED ",\"a\":[1,]}",
        "{" NEEDED ",\"a\":[1}",
        "{" NEEDED ",\"a\":[1 2]}",
        "{" NEEDED ",\"a\":\"\\q\"}",
        "{" NEEDED ",\"a\":\"\\u12\"}",
        "{" NEEDED ",\"a\":\"\\u12g4\"}",
        "{" NEEDED ",\"a\":\"\t\"}",
        "{" NEEDED ",\"a\":\"\\\t\"}",
        "{" NEEDED ",\"a\":\"}",
        "{" NEEDED ",\"a\":\"\\\"}",
        "{" NEEDED ",\"\\q\":1}",
        "\xef\xbb\xbf{" NEEDED "}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (parses(broken[i]))
            fail_msg("taken: %s", broken[i]);
    assert_true(parses(" { " NEEDED " , \"a\" : [ ] , \"b\" : { } , \"c\" : [ 1 , -0.5e+3 ] } \r"));
}

static void every_beginning_of_a_line_is_a_bad_line(void **state)
{
    static const char line[] = CADDY("1795525507.5");

    (void)state;
    for (size_t length = 0; length < sizeof line - 1; length++)
        if (parses_bytes(line, length))
            fail_msg("taken: %.*s", (int)length, line);
    assert_true(parses(line));
}

static bool parses_at_depth(size_t depth)
{
    char text[512] = "{" NEEDED ",\"a\":";
    size_t length = strlen(text);

    memset(text + length, '[', depth);
    memset(text + length + depth, ']', depth);
    text[length + 2 * depth] = '}';
    return parses_bytes(text, length + 2 * depth + 1);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_true(parses_at_depth(31));
    assert_false(parses_at_depth(32));
    assert_false(parses_at_depth(200));
}

#define JSON_TEST(name) cmocka_unit_test_setup_teardown(name, use_json, drop_format)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(line_of_nginx_becomes_a_hit),
        JSON_TEST(line_of_caddy_becomes_a_hit),
        JSON_TEST(each_time_is_understood),
        JSON_TEST(request_may_come_in_parts),
        JSON_TEST(each_name_fills_its_field),
        JSON_TEST(status_is_three_digits),
        JSON_TEST(bytes_that_are_no_utf8_pass),
        JSON_TEST(escapes_are_undone),
        JSON_TEST(what_is_no_json_object_is_a_bad_line),
        JSON_TEST(every_beginning_of_a_line_is_a_bad_line),
        JSON_TEST(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
