#include "test_producer_format.h"

#define LINE "::1 - - [24/Nov/2026:13:05:07 +0000] \"GET /a HTTP/1.1\" 200 5 \"https://a/\" \"x/1\""

static void each_name_is_its_format(void **state)
{
    (void)state;
    use_format("combined");
    assert_text(parse(LINE).user_agent, "x/1");
    use_format("vcombined");
    assert_text(parse("example.org:80 " LINE).site, "example.org");
    use_format("common");
    assert_text(parse("::1 - - [24/Nov/2026:13:05:07 +0000] \"GET /a HTTP/1.1\" 200 5").target,
                "/a");
    use_format("json");
    assert_text(parse("{\"ts\":1,\"status\":200,\"request\":\"GET /a HTTP/1.1\"}").target, "/a");
}

static void only_events_are_events(void **state)
{
    (void)state;
    use_format("event");
    assert_true(pv_log_format_is_event(format));
    assert_false(parses(LINE));
    assert_false(parses("{\"ts\":1,\"status\":200,\"request\":\"GET /a HTTP/1.1\"}"));
    use_format("json");
    assert_false(pv_log_format_is_event(format));
    use_format("$msec $request $status");
    assert_false(pv_log_format_is_event(format));
}

static void unknown_name_is_refused_with_the_nearest(void **state)
{
    (void)state;
    assert_contains(refusal("combine"),
                    "\"combine\" is no log format; did you mean combined: take combined, common, "
                    "vcombined, json, event, or an nginx log_format or Apache LogFormat");
    assert_contains(refusal("jsn"), "did you mean json");
    assert_contains(refusal("Combined"), "did you mean combined");
    assert_lacks(refusal("something else"), "did you mean");
    assert_contains(refusal(""), "\"\" is no log format");
    assert_contains(refusal("cost: $5"), "is no log format");
}

static void longest_format_is_taken_and_a_longer_one_refused(void **state)
{
    static char text[16386];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "$msec $request $status ", 23);
    assert_contains(refusal(text), "at most 16384 bytes");
    text[16384] = '\0';
    use_format(text);
}

static void no_line_is_longer_than_the_limit(void **state)
{
    static const char *const formats[] = {"combined", "$msec \"$request\" $status $x",
                                          "%{sec}t \"%r\" %s %{x}i", "json"};
    static const char *const fronts[] = {LINE " ", "1 \"GET /a HTTP/1.1\" 200 ",
                                         "1 \"GET /a HTTP/1.1\" 200 ",
                                         "{\"ts\":1,\"status\":200,\"request\":\"GET /a\"}"};
    size_t limit = 65536;
    char *line = malloc(limit + 1);

    (void)state;
    assert_non_null(line);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        use_format(formats[i]);
        memset(line, ' ', limit + 1);
        memcpy(line, fronts[i], strlen(fronts[i]));
        assert_true(parses_bytes(line, limit));
        assert_false(parses_bytes(line, limit + 1));
    }
    free(line);
}

/* Nothing that is put together from a line can outgrow its room. */
static void longest_target_fits(void **state)
{
    static const char front[] = "1 200 GET ";
    size_t limit = 65536;
    char *line = malloc(limit);
    struct pv_hit hit;

    (void)state;
    assert_non_null(line);
    memset(line, '%', limit);
    memcpy(line, front, sizeof front - 1);
    use_format("$msec $status $request_method $uri");
    assert_true(pv_log_format_parse(format, line, limit, &hit));
    assert_int_equal(hit.target.length, 3 * (limit - (sizeof front - 1)));
    assert_memory_equal(hit.target.data, "%25%25", 6);
    use_format("$msec $status $request_method $uri $args");
    line[limit - 1] = 'q';
    line[limit - 2] = ' ';
    assert_true(pv_log_format_parse(format, line, limit, &hit));
    assert_memory_equal(hit.target.data + hit.target.length - 5, "%25?q", 5);
    free(line);
}

static void formats_do_not_share_what_they_keep(void **state)
{
    struct pv_log_format *other = NULL;
    struct pv_error error;
    struct pv_hit first, second;
    static const char one[] = "1 200 \"GET /\\x41 HTTP/1.1\"",
                      two[] = "1 200 \"GET /\\x42 HTTP/1.1\"";

    (void)state;
    use_format("$msec $status \"$request\"");
    assert_int_equal(pv_log_format_new("%{sec}t %s \"%r\"", &other, &error), PV_OK);
    assert_true(pv_log_format_parse(format, one, sizeof one - 1, &first));
    assert_true(pv_log_format_parse(other, two, sizeof two - 1, &second));
    assert_text(first.target, "/A");
    assert_text(second.target, "/B");
    pv_log_format_destroy(other);
    pv_log_format_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(each_name_is_its_format),
        FORMAT_TEST(only_events_are_events),
        FORMAT_TEST(unknown_name_is_refused_with_the_nearest),
        FORMAT_TEST(longest_format_is_taken_and_a_longer_one_refused),
        FORMAT_TEST(no_line_is_longer_than_the_limit),
        FORMAT_TEST(longest_target_fits),
        FORMAT_TEST(formats_do_not_share_what_they_keep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
