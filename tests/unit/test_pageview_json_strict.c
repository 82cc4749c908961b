/* What counts as JSON, and that no text does harm. */
#include "test_pageview_events.h"

static void no_value_is_not_json(void **state)
{
    (void)state;
    assert_int_equal(pv_event_json_parse(parser, NULL, 0, message_ts_ms, now_ms, &event),
                     PV_REASON_not_json);
    assert_int_equal(pv_event_json_parse(parser, "", 0, message_ts_ms, now_ms, &event),
                     PV_REASON_not_json);
}

static void size_is_bounded_at_8192_bytes(void **state)
{
    char text[PV_EVENT_SIZE_MAX + 2];

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, "{\"article\":\"/a\"}", 16);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX), VALID);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX + 1), PV_REASON_too_large);
    /* Size is looked at before anything inside. */
    memset(text, '\xff', sizeof text);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX + 1), PV_REASON_too_large);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX), PV_REASON_not_json);
}

static void json_is_as_strict_as_rfc_8259(void **state)
{
    static const char *const refused[] = {
        " ",
        "{",
        "}",
        "{}}",
        "{} {}",
        "{}x",
        "nul",
        "tru",
        "truee",
        "NaN",
        "Infinity",
        "-Infinity",
        "{\"article\":\"/a\"",
        "{\"article\":\"/a}",
        "{\"article\":/a}",
        "{article:\"/a\"}",
        "{'article':'/a'}",
        "{\"article\":\"/a\",}",
        "{,\"article\":\"/a\"}",
        "{\"article\" \"/a\"}",
        "{\"article\":}",
        "{\"article\"}",
        "{\"article\":\"/a\"},",
        "{\"article\":\"/a\"} 0",
        "{\"article\":\"/a\"}\v",
        "\f{\"article\":\"/a\"}",
        "{\"article\":\"/a\" /* c */}",
        "{\"article\":\"/a\"} // c",
        "\"\\x41\"",
        "\"\\",
        "\"\\u",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1;2]",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[undefined]",
        "[True]",
        "[None]",
        /* numbers */
        "[01]",
        "[-01]",
        "[00]",
        "[1.]",
        "[.5]",
        "[-.5]",
        "[+1]",
        "[1e]",
        "[1e+]",
        "[1.e5]",
        "[-]",
        "[--1]",
        "[0x10]",
        "[1+2]",
        "[1e5.3]",
        "[1.2.3]",
        "[1e400.5]",
        "[1e400-3]",
        "[0-1e400]",
        "-1-1e400",
        "[922-3372036854775808]",
        "[0\"\"]",
        "[1[]]",
        "[1_000]",
        "1-",
        /* escapes that cJSON alone takes for U+0000 */
        "{\"article\":\"/a\\uZZZZ\"}",
        "{\"article\":\"/a\\u00g0\"}",
        "{\"article\":\"/a\\u00\"}",
        "{\"article\":\"/a\\u 123\"}",
        "{\"article\":\"/a\\u+123\"}",
        "{\"x\\uZZZZ\":1}",
        "{\"article\":\"/a\\ud83d\\uZZZZ\"}",
        "{\"article\":\"/a\\U0041\"}",
        /* raw control characters */
        "{\"article\":\"/a\n\"}",
        "{\"article\":\"/a\t\"}",
        "{\"article\":\"/a\x01\"}",
        "{\"article\":\"/a\\\n\"}",
        "{\"art\ticle\":\"/a\"}",
        "{\x7f\"article\":\"/a\"}",
        /* invalid UTF-8, also where nobody looks */
        "{\"article\":\"/a\xff\"}",
        "{\"article\":\"/a\xc0\xaf\"}",
        "{\"article\":\"/a\xed\xa0\x80\"}",
        "{\"article\":\"/a\xf4\x90\x80\x80\"}",
        "{\"article\":\"/a\xc3\"}",
        "{\"article\":\"/a\",\"unknown\":\"\xff\"}",
        "{\"article\":\"/a\",\"\xff\":1}",
        /* a byte order mark, and another blank than JSON's */
        "\xef\xbb\xbf{\"article\":\"/a\"}",
        "{\"article\":\"/a\"}\xc2\xa0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        expect(refused[i], PV_REASON_not_json);
}

static void nul_bytes_are_not_json(void **state)
{
    static const char inside[] = "{\"article\":\"/a\0\"}";
    static const char behind[] = "{\"article\":\"/a\"}\0";
    static const char cut[] = "{\"article\":\"/a\"}\0{";

    (void)state;
    assert_int_equal(parse_bytes(inside, sizeof inside - 1), PV_REASON_not_json);
    assert_int_equal(parse_bytes(behind, sizeof behind - 1), PV_REASON_not_json);
    assert_int_equal(parse_bytes(cut, sizeof cut - 1), PV_REASON_not_json);
}

static void blanks_of_json_may_stand_around(void **state)
{
    (void)state;
    expect(" \t\r\n{ \t\r\n\"article\" \t\r\n: \t\r\n\"/a\" \t\r\n} \t\r\n", VALID);
}

static void nul_escapes_hide_nothing(void **state)
{
    (void)state;
    expect("{\"article\":\"\\u0000\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\u0000\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\u0000/hidden\"}", PV_REASON_bad_article);
    expect_member("\"agent\":\"user\\u0000\"", PV_REASON_bad_agent);
    expect_member("\"visitor\":\"v\\u0000\"", PV_REASON_bad_field);
    expect_member("\"unknown\":\"\\u0000\"", VALID);
    expect_member("\"ts\\u0000\":\"x\"", VALID);
    /* An escaped backslash in front of "u0000" is no escape of U+0000. */
    expect("{\"article\":\"/a\\\\u0000\"}", VALID);
    assert_text(event.article, "/a\\u0000");
    expect("{\"article\":\"/a\\\\\\u0000\"}", PV_REASON_bad_article);
}

static void half_a_surrogate_pair_is_no_text(void **state)
{
    (void)state;
    expect("{\"article\":\"/a\\ud83d\\ude00\"}", VALID);
    assert_text(event.article, "/a\xf0\x9f\x98\x80");
    expect("{\"article\":\"/a\\uD83D\\uDE00\"}", VALID);
    expect("{\"article\":\"/a\\udbff\\udfff\"}", VALID);
    expect("{\"article\":\"/a\\ud83d\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\ude00\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\ude00\\ud83d\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\ud83d\\ud83d\\ude00\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\ud83d\\u0041\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\\ud83dx\"}", PV_REASON_bad_article);
    expect_member("\"title\":\"\\ud800\"", PV_REASON_bad_field);
    expect_member("\"unknown\":\"\\ud800\"", VALID);
    expect_member("\"\\udfff\":1", VALID);
}

static void nesting_is_bounded_not_fatal(void **state)
{
    char text[PV_EVENT_SIZE_MAX + 1];

    (void)state;
    for (int depth = 1; depth <= 4000; depth += depth < 990 ? 89 : 1) {
        size_t length = 0;

        if (depth > 1010)
            depth = 4000;
        /* The event's own braces are the first level. */
        length += (size_t)snprintf(text, sizeof text, "{\"article\":\"/a\",\"x\":");
        memset(text + length, '[', (size_t)depth);
        length += (size_t)depth;
        memset(text + length, ']', (size_t)depth);
        length += (size_t)depth;
        text[length++] = '}';
        assert_int_equal(parse_bytes(text, length), depth < 1000 ? VALID : PV_REASON_not_json);
    }
    memset(text, '[', PV_EVENT_SIZE_MAX);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX), PV_REASON_not_json);
    for (size_t i = 0; i + 5 <= PV_EVENT_SIZE_MAX; i += 5)
        memcpy(text + i, "{\"\":[", 5);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX), PV_REASON_not_json);
}

static void expect_dense(const char *unit, size_t levels)
{
    char text[PV_EVENT_SIZE_MAX + 1];
    size_t unit_length = strlen(unit), length;
    enum pv_reason reason;

    length = (size_t)snprintf(text, sizeof text, "{\"article\":\"/a\",\"x\":[");
    memset(text + length, '[', levels);
    length += levels;
    while (length + unit_length + 1 + 2 * levels + 3 <= PV_EVENT_SIZE_MAX) {
        memcpy(text + length, unit, unit_length);
        length += unit_length;
        text[length++] = ',';
    }
    text[length++] = '0';
    memset(text + length, ']', levels);
    length += levels;
    text[length++] = ']';
    text[length++] = '}';
    reason = parse_bytes(text, length);
    if (reason != VALID)
        fail_msg("%zu bytes of %s below %zu levels: %s", length, unit, levels,
                 pv_reason_name(reason));
}

static void the_densest_events_fit_the_parsers_memory(void **state)
{
    static const char *const units[] = {
        "0",
        "-1",
        "10",
        "\"\"",
        "\"a\"",
        "[]",
        "{}",
        "[0]",
        "[[]]",
        "{\"\":0}",
        "{\"\":\"\"}",
        "{\"a\":{}}",
        "null",
        "true",
        "1e9",
        "\"0123456789abcde\"",
        "\"0123456789abcdef\"",
        "\"\\u0001\"",
        "\"\\n\"",
        "[[[[[[[[0]]]]]]]]",
        "123456789012345",
        "1234567890123456",
    };

    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        expect_dense(units[i], 0);
        expect_dense(units[i], 980);
    }
}

static void one_string_may_fill_an_event(void **state)
{
    char text[PV_EVENT_SIZE_MAX + 1];
    static const char head[] = "{\"article\":\"/a\",\"x\":\"";

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, head, strlen(head));
    memcpy(text + PV_EVENT_SIZE_MAX - 2, "\"}", 2);
    assert_int_equal(parse_bytes(text, PV_EVENT_SIZE_MAX), VALID);
}

static void every_cut_of_an_event_is_not_json(void **state)
{
    static const char text[] = "{\"article\":\"/a\\u00e9\\\\\",\"ts\":1.5e3,\"x\":[true,null,{}]}";

    (void)state;
    assert_int_equal(parse_bytes(text, strlen(text)), VALID);
    for (size_t length = 0; length < strlen(text); length++)
        assert_int_equal(parse_bytes(text, length), PV_REASON_not_json);
}

static void no_byte_anywhere_does_harm(void **state)
{
    static const char text[] =
        "{\"article\":\"/\\ud83d\\ude00\",\"ts\":-1.5e3,\"x\":[true,\"\\u0000\"]}";
    char copy[sizeof text];

    (void)state;
    for (size_t at = 0; at < strlen(text); at++)
        for (int byte = 0; byte <= 0xff; byte++) {
            memcpy(copy, text, sizeof text);
            copy[at] = (char)byte;
            /* Sanitizers look on; any reason will do. */
            assert_true(parse_bytes(copy, strlen(text)) < PV_REASON_COUNT);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_is_not_json),
        cmocka_unit_test(size_is_bounded_at_8192_bytes),
        cmocka_unit_test(json_is_as_strict_as_rfc_8259),
        cmocka_unit_test(nul_bytes_are_not_json),
        cmocka_unit_test(blanks_of_json_may_stand_around),
        cmocka_unit_test(nul_escapes_hide_nothing),
        cmocka_unit_test(half_a_surrogate_pair_is_no_text),
        cmocka_unit_test(nesting_is_bounded_not_fatal),
        cmocka_unit_test(the_densest_events_fit_the_parsers_memory),
        cmocka_unit_test(one_string_may_fill_an_event),
        cmocka_unit_test(every_cut_of_an_event_is_not_json),
        cmocka_unit_test(no_byte_anywhere_does_harm),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
