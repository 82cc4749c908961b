#include "test_pageview_support.h"

#include "producer/line_to_event.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"
#define START   "203.0.113.9 - - [24/Nov/2026:13:05:07 +0000] "
/* That time. */
#define TS INT64_C(1795525507000)

static struct pv_line_to_event converter;
static struct pv_outgoing outgoing;

static int make_converter(void **state)
{
    struct pv_policy_options options = {0};
    struct pv_error error;
    char path[64];
    enum pv_status status;

    (void)state;
    write_temporary_file(path, "bot\n", 4);
    options.spiders_path = path;
    memset(&converter, 0, sizeof converter);
    status = pv_policy_new(&options, &converter.policy, &error);
    unlink(path);
    if (status == PV_OK)
        status = pv_log_format_new("combined", &converter.format, &error);
    if (status == PV_OK)
        status = pv_event_parser_new(&converter.parser, &error);
    return status == PV_OK ? 0 : -1;
}

/* Lines are events from now on. */
static void switch_to_events(void)
{
    struct pv_error error;

    pv_log_format_destroy(converter.format);
    converter.format = NULL;
    assert_int_equal(pv_log_format_new("event", &converter.format, &error), PV_OK);
}

static int destroy_converter(void **state)
{
    (void)state;
    pv_log_format_destroy(converter.format);
    pv_policy_destroy(converter.policy);
    pv_event_parser_destroy(converter.parser);
    pv_buffer_clean_up(&converter.json);
    return 0;
}

static enum pv_reason convert_at(const char *line, int64_t now_ms)
{
    outgoing = (struct pv_outgoing){{NULL, 0}, {NULL, 0}, -1};
    return pv_line_to_event(&converter, line, strlen(line), now_ms, &outgoing);
}

static void expect(const char *line, enum pv_reason expected)
{
    enum pv_reason reason = convert_at(line, TS);

    if (reason != expected)
        fail_msg("%s: is %s, not %s", line, pv_reason_name(reason), pv_reason_name(expected));
}

static void assert_text(struct pv_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void view_of_a_log_is_sent_with_its_article_as_key_and_its_time(void **state)
{
    (void)state;
    expect(START "\"GET /a/b?x=1 HTTP/1.1\" 200 5 \"https://example.org/y\" \"" BROWSER "\"",
           PV_REASON_NONE);
    assert_text(outgoing.key, "/a/b");
    assert_text(outgoing.value,
                "{\"article\":\"/a/b\",\"ts\":1795525507000,\"referrer\":\"example.org\"}");
    assert_int_equal(outgoing.ts_ms, TS);
}

static void spider_is_sent_and_says_so(void **state)
{
    (void)state;
    expect(START "\"GET /a HTTP/1.1\" 200 5 \"-\" \"a bot\"", PV_REASON_spider);
    assert_text(outgoing.key, "/a");
    assert_text(outgoing.value, "{\"article\":\"/a\",\"ts\":1795525507000,\"agent\":\"spider\"}");
}

static void hit_that_is_no_view_has_a_reason_and_is_not_sent(void **state)
{
    static const enum pv_reason not_sent[] = {PV_REASON_bad_line,    PV_REASON_method,
                                              PV_REASON_status,      PV_REASON_asset,
                                              PV_REASON_bad_article, PV_REASON_not_article};

    (void)state;
    expect(START "\"POST /a HTTP/1.1\" 200 5 \"-\" \"" BROWSER "\"", PV_REASON_method);
    expect(START "\"GET /a HTTP/1.1\" 404 5 \"-\" \"" BROWSER "\"", PV_REASON_status);
    expect(START "\"GET /a.css HTTP/1.1\" 200 5 \"-\" \"" BROWSER "\"", PV_REASON_asset);
    expect("", PV_REASON_bad_line);
    expect("no log line", PV_REASON_bad_line);
    assert_null(outgoing.value.data);
    for (size_t i = 0; i < sizeof not_sent / sizeof not_sent[0]; i++)
        assert_false(pv_reason_is_sent(not_sent[i]));
    assert_true(pv_reason_is_sent(PV_REASON_NONE));
    assert_true(pv_reason_is_sent(PV_REASON_spider));
    assert_true(pv_reason_is_sent(PV_REASON_automated));
}

static void one_line_leaves_nothing_for_the_next(void **state)
{
    (void)state;
    expect(START "\"GET /long/path HTTP/1.1\" 200 5 \"https://example.org/\" \"a bot\"",
           PV_REASON_spider);
    expect(START "\"GET /b HTTP/1.1\" 200 5 \"-\" \"" BROWSER "\"", PV_REASON_NONE);
    assert_text(outgoing.value, "{\"article\":\"/b\",\"ts\":1795525507000}");
}

static void what_is_made_from_a_log_is_a_valid_event(void **state)
{
    struct pv_event event;

    (void)state;
    expect(START "\"GET /caf%C3%A9/%22q%22 HTTP/1.1\" 200 5 \"https://ex.org/\" \"a bot\"",
           PV_REASON_spider);
    assert_int_equal(pv_event_json_parse(converter.parser, outgoing.value.data,
                                         outgoing.value.length, -1, TS, &event),
                     PV_REASON_NONE);
    assert_text(event.article, "/caf\xc3\xa9/\"q\"");
    assert_text(outgoing.key, "/caf\xc3\xa9/\"q\"");
    assert_int_equal(event.ts_ms, TS);
    assert_int_equal(event.agent, PV_AGENT_SPIDER);
}

static void event_is_sent_byte_for_byte(void **state)
{
    static const char line[] =
        " {\"ts\": 1795525507001.0, \"x\":[1], \"article\":\"\\u002fa\", \"agent\":\"user\"} ";

    (void)state;
    switch_to_events();
    expect(line, PV_REASON_NONE);
    assert_text(outgoing.key, "/a");
    assert_text(outgoing.value, line);
    assert_int_equal(outgoing.ts_ms, TS + 1);
}

static void event_without_a_time_has_that_of_its_reading(void **state)
{
    (void)state;
    switch_to_events();
    assert_int_equal(convert_at("{\"article\":\"/a\"}", 12345), PV_REASON_NONE);
    assert_int_equal(outgoing.ts_ms, 12345);
    assert_text(outgoing.value, "{\"article\":\"/a\"}");
}

static void event_of_a_robot_is_sent_under_its_agent(void **state)
{
    (void)state;
    switch_to_events();
    expect("{\"article\":\"/a\",\"agent\":\"spider\"}", PV_REASON_spider);
    expect("{\"article\":\"/a\",\"agent\":\"automated\"}", PV_REASON_automated);
    assert_text(outgoing.key, "/a");
}

static void carriage_return_behind_an_event_is_not_sent(void **state)
{
    (void)state;
    switch_to_events();
    expect("{\"article\":\"/a\"}\r", PV_REASON_NONE);
    assert_text(outgoing.value, "{\"article\":\"/a\"}");
    expect("\r", PV_REASON_bad_line);
}

static void invalid_event_is_a_bad_line(void **state)
{
    static const char *const lines[] = {
        "",
        "null",
        "[]",
        "{\"article\":\"/a\"",
        "{\"article\":5}",
        "{\"article\":\"/a\",\"v\":2}",
        "{\"article\":\"/a\",\"agent\":\"bot\"}",
        "{\"article\":\"/a\",\"ts\":99999999999999}",
        "{\"article\":\"/a\",\"title\":5}",
    };

    (void)state;
    switch_to_events();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect(lines[i], PV_REASON_bad_line);
    assert_null(outgoing.value.data);
}

static void what_is_older_than_since_is_history(void **state)
{
    static const char line[] = START "\"GET /a HTTP/1.1\" 200 5 \"-\" \"" BROWSER "\"";

    (void)state;
    converter.since_ms = TS;
    expect(line, PV_REASON_NONE);
    converter.since_ms = TS + 1;
    expect(line, PV_REASON_history);
    assert_false(pv_reason_is_sent(PV_REASON_history));
    switch_to_events();
    expect("{\"article\":\"/a\",\"ts\":1795525507000}", PV_REASON_history);
    expect("{\"article\":\"/a\",\"ts\":1795525507001}", PV_REASON_NONE);
}

#define CONVERTER_TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, make_converter, destroy_converter)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERTER_TEST(view_of_a_log_is_sent_with_its_article_as_key_and_its_time),
        CONVERTER_TEST(spider_is_sent_and_says_so),
        CONVERTER_TEST(hit_that_is_no_view_has_a_reason_and_is_not_sent),
        CONVERTER_TEST(one_line_leaves_nothing_for_the_next),
        CONVERTER_TEST(what_is_made_from_a_log_is_a_valid_event),
        CONVERTER_TEST(event_is_sent_byte_for_byte),
        CONVERTER_TEST(event_without_a_time_has_that_of_its_reading),
        CONVERTER_TEST(event_of_a_robot_is_sent_under_its_agent),
        CONVERTER_TEST(carriage_return_behind_an_event_is_not_sent),
        CONVERTER_TEST(invalid_event_is_a_bad_line),
        CONVERTER_TEST(what_is_older_than_since_is_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
