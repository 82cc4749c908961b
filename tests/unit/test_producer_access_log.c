#include "test_pageview_support.h"

#include "producer/formats/log_fields.h"
#include "producer/formats/log_format.h"

enum kind { COMBINED, COMMON, VCOMBINED, EVENT, KINDS };

static struct pv_log_format *formats[KINDS];

static int make_formats(void **state)
{
    static const char *const names[KINDS] = {"combined", "common", "vcombined", "event"};
    struct pv_error error;

    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        if (pv_log_format_new(names[kind], &formats[kind], &error) != PV_OK)
            return -1;
    return 0;
}

static int destroy_formats(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        pv_log_format_destroy(formats[kind]);
    return 0;
}

/* Parses a copy that ends where its memory does, so that the sanitizer sees a byte read too much.
 */
static bool parses(enum kind kind, const char *line, size_t length)
{
    char *copy = malloc(length + 1);
    struct pv_hit hit;
    bool parsed;

    assert_non_null(copy);
    memcpy(copy + 1, line, length);
    parsed = pv_log_format_parse(formats[kind], copy + 1, length, &hit);
    free(copy);
    return parsed;
}

static struct pv_hit parse(enum kind kind, const char *line)
{
    struct pv_hit hit;

    memset(&hit, 0x5a, sizeof hit); /* a field that is not filled shows */
    if (!pv_log_format_parse(formats[kind], line, strlen(line), &hit))
        fail_msg("bad_line: %s", line);
    return hit;
}

static void assert_text(struct pv_text text, const char *expected)
{
    if (text.data == NULL || text.length != strlen(expected) ||
        memcmp(text.data, expected, text.length) != 0)
        fail_msg("\"%.*s\" is not \"%s\"", (int)text.length, text.data == NULL ? "" : text.data,
                 expected);
}

#define FRONT   "83.149.9.216 - - [17/May/2015:10:05:03 +0000] "
#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"
#define BACK    " 200 171717 \"http://example.org/\" \"" BROWSER "\""
#define LINE    FRONT "\"GET /a/b?c=d HTTP/1.1\"" BACK

static void combined_line_becomes_a_hit(void **state)
{
    static const char line[] = LINE;
    struct pv_hit hit = parse(COMBINED, line);

    (void)state;
    assert_int_equal(hit.ts_ms, INT64_C(1431857103000));
    assert_text(hit.method, "GET");
    assert_text(hit.target, "/a/b?c=d");
    assert_int_equal(hit.status, 200);
    assert_text(hit.referrer, "http://example.org/");
    assert_text(hit.user_agent, BROWSER);
    assert_text(hit.address, "83.149.9.216");
    assert_ptr_equal(hit.target.data, strstr(line, "/a/b"));
    assert_null(hit.site.data);
    assert_null(hit.purpose.data);
    assert_null(hit.title.data);
    assert_null(hit.section.data);
    assert_false(hit.no_consent);
}

static void common_line_has_no_referrer_and_no_user_agent(void **state)
{
    struct pv_hit hit = parse(COMMON, FRONT "\"GET /a HTTP/1.0\" 304 -");

    (void)state;
    assert_text(hit.target, "/a");
    assert_int_equal(hit.status, 304);
    assert_null(hit.referrer.data);
    assert_null(hit.user_agent.data);
}

static void combined_line_is_no_common_line(void **state)
{
    (void)state;
    assert_false(parses(COMMON, LINE, strlen(LINE)));
}

static void virtual_host_stands_in_front_of_vcombined(void **state)
{
    (void)state;
    assert_text(parse(VCOMBINED, "www.example.org:80 " LINE).target, "/a/b?c=d");
    assert_text(parse(VCOMBINED, "www.example.org:80 " LINE).site, "www.example.org");
    assert_text(parse(VCOMBINED, "www.example.org " LINE).site, "www.example.org");
    assert_text(parse(VCOMBINED, "[2001:db8::1]:443 " LINE).site, "[2001:db8::1]");
    assert_null(parse(VCOMBINED, "- " LINE).site.data);
    assert_false(parses(VCOMBINED, LINE, strlen(LINE)));
}

static void event_lines_are_not_hits(void **state)
{
    (void)state;
    assert_false(parses(EVENT, LINE, strlen(LINE)));
}

static void client_is_an_address_of_either_kind_a_name_or_nobody(void **state)
{
#define BEHIND " - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/2.0\" 200 1"
    (void)state;
    assert_text(parse(COMMON, "2001:db8::1" BEHIND).address, "2001:db8::1");
    assert_text(parse(COMMON, "host.example.org" BEHIND).address, "host.example.org");
    assert_null(parse(COMMON, "-" BEHIND).address.data);
}

static int64_t time_of(const char *stamp)
{
    char line[256];

    snprintf(line, sizeof line, "::1 - - [%s] \"GET / HTTP/1.1\" 200 1", stamp);
    return parse(COMMON, line).ts_ms;
}

static void times_are_turned_to_utc(void **state)
{
    (void)state;
    assert_int_equal(time_of("01/Jan/1970:00:00:00 +0000"), 0);
    assert_int_equal(time_of("31/Dec/1969:23:59:59 -0001"), 59000);
    assert_int_equal(time_of("17/May/2015:10:05:03 +0000"), INT64_C(1431857103000));
    assert_int_equal(time_of("17/May/2015:10:05:59 +0000"), INT64_C(1431857159000));
    assert_int_equal(time_of("17/May/2015:10:05:59 +0530"), INT64_C(1431837359000));
    assert_int_equal(time_of("17/May/2015:10:05:59 -0700"), INT64_C(1431882359000));
    assert_int_equal(time_of("17/May/2015:10:06:00 -0700"), INT64_C(1431882360000));
    assert_int_equal(time_of("29/Feb/2016:23:59:59 -0001"), INT64_C(1456790459000));
    assert_int_equal(time_of("31/Dec/1999:23:59:59 +0000"), INT64_C(946684799000));
    assert_int_equal(time_of("29/Feb/2000:00:00:00 +0000"), INT64_C(951782400000));
}

static void impossible_times_are_bad_lines(void **state)
{
    static const char *const stamps[] = {
        "29/Feb/2015:00:00:00 +0000", "29/Feb/2100:00:00:00 +0000", "31/Apr/2015:00:00:00 +0000",
        "00/May/2015:00:00:00 +0000", "32/May/2015:00:00:00 +0000", "17/may/2015:00:00:00 +0000",
        "17/Mai/2015:00:00:00 +0000", "17/May/2015:24:00:00 +0000", "17/May/2015:00:60:00 +0000",
        "17/May/2015:00:00:60 +0000", "17/May/2015:00:00:00 00000", "17/May/2015:00:00:00 +2400",
        "17/May/2015:00:00:00 +0060", "17/May/1969:00:00:00 +0000", "01/Jan/1970:00:00:00 +0001",
        "17/May/9999:00:00:00 +0000", "17-May-2015:00:00:00 +0000", "17/May/2015 00:00:00 +0000",
        "17/May/2015:00:00:00+00000", "1a/May/2015:00:00:00 +0000", "17/May/2015:00:00:0x +0000",
        "17/May/2015:00:00:00 +00:0", "17/May/2015:00:00:00",       "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        char line[256];
        int length =
            snprintf(line, sizeof line, "::1 - - [%s] \"GET / HTTP/1.1\" 200 1", stamps[i]);

        /* The good one before must not lend its minute to the bad one. */
        assert_int_equal(time_of("17/May/2015:00:00:01 +0000"), INT64_C(1431820801000));
        if (parses(COMMON, line, (size_t)length))
            fail_msg("[%s] was taken", stamps[i]);
    }
}

static void escapes_of_quoted_fields_are_undone(void **state)
{
    struct pv_hit hit =
        parse(COMBINED,
              FRONT "\"GET /say\\\"hi\\\"\\\\\\x41\\xc3\\xA9\\t\\n\\r\\v\\b\\f HTTP/1.1\" 200 5 "
                    "\"http://a/\\\"\" \"one\\\\two \\\"three\\\"\"");

    (void)state;
    assert_text(hit.target, "/say\"hi\"\\A\xc3\xa9\t\n\r\v\b\f");
    assert_text(hit.referrer, "http://a/\"");
    assert_text(hit.user_agent, "one\\two \"three\"");
    assert_text(hit.method, "GET");
}

static void unknown_escapes_stay_as_they_are(void **state)
{
    struct pv_hit hit =
        parse(COMBINED, FRONT "\"GET /\\q\\x4\\xzz\\ HTTP/1.1\" 200 5 \"\\x\" \"\\x1\"");

    (void)state;
    assert_text(hit.target, "/\\q\\x4\\xzz\\");
    assert_text(hit.referrer, "\\x");
    assert_text(hit.user_agent, "\\x1");
}

static void target_is_what_is_between_method_and_protocol(void **state)
{
    static const struct {
        const char *request, *method, *target;
    } cases[] = {
        {"GET /a HTTP/1.1", "GET", "/a"},
        {"GET /a b c HTTP/2.0", "GET", "/a b c"},
        {"GET /a", "GET", "/a"},
        {"GET /a HTTP/1.1 ", "GET", "/a HTTP/1.1 "},
        {"GET /a http/1.1", "GET", "/a http/1.1"},
        {"GET HTTP/1.1", "GET", ""},
        {"GET  HTTP/1.1", "GET", ""},
        {"GET  /a HTTP/1.1", "GET", " /a"},
        {"GET ", "GET", ""},
        {" ", "", ""},
        {" HTTP/1.1", "", ""},
        {"-", "-", ""},
        {"", "", ""},
        {"HTTP/1.1", "HTTP/1.1", ""},
        {"\\x16\\x03\\x01", "\x16\x03\x01", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[256];
        struct pv_hit hit;

        snprintf(line, sizeof line, FRONT "\"%s\" 400 0", cases[i].request);
        hit = parse(COMMON, line);
        assert_text(hit.method, cases[i].method);
        assert_text(hit.target, cases[i].target);
    }
}

static void user_may_hold_spaces_and_brackets(void **state)
{
    static const char line[] =
        "::1 - J. R. [x] [17/May [17/May/2015:10:05:03 +0000] \"GET /\" 200 1";
    static const char userless[] = "::1 - [17/May/2015:10:05:03 +0000] \"GET /\" 200 1";

    (void)state;
    assert_int_equal(parse(COMMON, line).ts_ms, INT64_C(1431857103000));
    assert_false(parses(COMMON, userless, sizeof userless - 1));
}

static void carriage_return_at_the_end_is_dropped(void **state)
{
    (void)state;
    assert_text(parse(COMBINED, LINE "\r").user_agent, BROWSER);
    assert_int_equal(parse(COMMON, FRONT "\"GET / HTTP/1.1\" 200 1\r").status, 200);
}

static void fields_behind_the_user_agent_pass(void **state)
{
    (void)state;
    assert_text(parse(COMBINED, LINE " \"-\" 0.003").user_agent, BROWSER);
    assert_false(parses(COMBINED, LINE "x", strlen(LINE) + 1));
}

static void every_beginning_of_a_line_is_a_bad_line(void **state)
{
    (void)state;
    for (size_t length = 0; length < strlen(LINE); length++)
        if (parses(COMBINED, LINE, length))
            fail_msg("taken: %.*s", (int)length, LINE);
    assert_true(parses(COMBINED, LINE, strlen(LINE)));
}

static void broken_lines_are_bad_lines(void **state)
{
    static const char *const lines[] = {
        "",
        "\r",
        "garbage",
        "{\"article\":\"/a\"}",
        " - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
        FRONT "GET / HTTP/1.1 200 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 20 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 2000 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" - 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 2x0 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 x \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 1x \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 -1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200  \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\"  200 1 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 1 - \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\"\"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\" \"-",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\" \"-\\\"",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\" \"-\\",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\" \"\\\"\\",
        FRONT "\"GET / HTTP/1.1\" 200 1 \"-\" \"\\\"\\x4",
        FRONT "\"GET /\"quote\" HTTP/1.1\" 200 1 \"-\" \"-\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (parses(COMBINED, lines[i], strlen(lines[i])))
            fail_msg("taken: %s", lines[i]);
}

static void any_byte_may_stand_in_a_quoted_field(void **state)
{
    static const char line[] = FRONT "\"GET /a\0b\xff HTTP/1.1\" 200 1 \"\0\" \"\0\x80\"";
    struct pv_hit hit;

    (void)state;
    assert_true(pv_log_format_parse(formats[COMBINED], line, sizeof line - 1, &hit));
    assert_int_equal(hit.target.length, 5);
    assert_memory_equal(hit.target.data, "/a\0b\xff", 5);
    assert_int_equal(hit.referrer.length, 1);
    assert_memory_equal(hit.user_agent.data, "\0\x80", 2);
}

/* A line of `length` bytes whose user agent is all escapes that stay: nothing shrinks. */
static char *long_line(size_t length)
{
    static const char front[] = FRONT "\"\\q \\q\" 200 1 \"\\q\" \"";
    char *line = malloc(length);

    assert_non_null(line);
    memset(line, 'q', length);
    memcpy(line, front, sizeof front - 1);
    for (size_t i = sizeof front - 1; i + 2 < length; i += 2)
        line[i] = '\\';
    line[length - 1] = '"';
    return line;
}

static void longest_line_is_parsed_and_a_longer_one_is_bad(void **state)
{
    char *line = long_line(PV_LOG_FORMAT_LINE_MAX + 1);

    (void)state;
    assert_false(parses(COMBINED, line, PV_LOG_FORMAT_LINE_MAX + 1));
    free(line);
    line = long_line(PV_LOG_FORMAT_LINE_MAX);
    assert_true(parses(COMBINED, line, PV_LOG_FORMAT_LINE_MAX));
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combined_line_becomes_a_hit),
        cmocka_unit_test(common_line_has_no_referrer_and_no_user_agent),
        cmocka_unit_test(combined_line_is_no_common_line),
        cmocka_unit_test(virtual_host_stands_in_front_of_vcombined),
        cmocka_unit_test(event_lines_are_not_hits),
        cmocka_unit_test(client_is_an_address_of_either_kind_a_name_or_nobody),
        cmocka_unit_test(times_are_turned_to_utc),
        cmocka_unit_test(impossible_times_are_bad_lines),
        cmocka_unit_test(escapes_of_quoted_fields_are_undone),
        cmocka_unit_test(unknown_escapes_stay_as_they_are),
        cmocka_unit_test(target_is_what_is_between_method_and_protocol),
        cmocka_unit_test(user_may_hold_spaces_and_brackets),
        cmocka_unit_test(carriage_return_at_the_end_is_dropped),
        cmocka_unit_test(fields_behind_the_user_agent_pass),
        cmocka_unit_test(every_beginning_of_a_line_is_a_bad_line),
        cmocka_unit_test(broken_lines_are_bad_lines),
        cmocka_unit_test(any_byte_may_stand_in_a_quoted_field),
        cmocka_unit_test(longest_line_is_parsed_and_a_longer_one_is_bad),
    };

    return cmocka_run_group_tests(tests, make_formats, destroy_formats);
}
