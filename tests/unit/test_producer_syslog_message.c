/* What is syslog, and where its text begins: forms that real senders use, and noise. */
#include "test_pageview_support.h"

#include "producer/syslog/message.h"

#define LINE                                                                                       \
    "192.0.2.7 - - [24/Nov/2026:13:05:07 +0000] \"GET /a?b=[c]: HTTP/2.0\" 200 5 \"-\" \"x\""

static enum pv_syslog_bad parse_bytes(const char *data, size_t length, char *text,
                                      struct pv_syslog_message *message)
{
    char *copy = exact_copy(data, length);
    enum pv_syslog_bad bad = pv_syslog_parse(copy, length, message);

    if (bad == PV_SYSLOG_GOOD) {
        assert_in_range(message->length, 1, length);
        assert_true(message->text >= copy);
        assert_true(message->text + message->length <= copy + length);
        if (text != NULL) {
            memcpy(text, message->text, message->length);
            text[message->length] = '\0';
        }
    }
    free(copy);
    return bad;
}

static void expect_text(const char *data, const char *expected)
{
    char text[1024];
    struct pv_syslog_message message = {0};
    enum pv_syslog_bad bad = parse_bytes(data, strlen(data), text, &message);

    if (bad != PV_SYSLOG_GOOD)
        fail_msg("%s: %s", pv_syslog_bad_name(bad), data);
    assert_string_equal(text, expected);
    assert_int_equal(message.length, strlen(expected));
}

static void expect_bad(enum pv_syslog_bad expected, const char *data)
{
    struct pv_syslog_message message = {0};
    enum pv_syslog_bad bad = parse_bytes(data, strlen(data), NULL, &message);

    if (bad != expected)
        fail_msg("%s instead of %s: %s", pv_syslog_bad_name(bad), pv_syslog_bad_name(expected),
                 data);
}

static const char *const rfc3164_headers[] = {
    "<190>Nov 24 13:05:07 web1 nginx: ",      /* nginx */
    "<190>Nov 24 13:05:07 nginx: ",           /* nginx with nohostname */
    "<190>Nov  4 03:05:07 web1 my_site_01: ", /* a day of one digit, a tag of its own */
    "<190>Nov 04 03:05:07 web1 nginx: ",      /* senders that pad with a zero */
    "<134>Nov 24 13:05:07 web1.example.org haproxy[12345]: ",
    "<134>Nov 24 13:05:07 haproxy[12345]: ",
    "<13>Nov 24 13:05:07.123456 web1 apache2: ",         /* a fraction of a second */
    "<13>2026-11-24T13:05:07.123456+01:00 web1 nginx: ", /* rsyslog forwarding */
    "<13>2026-11-24T13:05:07Z web1 php-fpm7.4/www[7]: ",
    "<190>Nov 24 13:05:07 2001:db8::1 nginx: ", /* hosts with colons */
    "<190>Nov 24 13:05:07 ::1 nginx: ",
    "<190>Nov 24 13:05:07 fe80:: nginx: ",
    "<0>Feb 29 23:59:60 h t[]: ",
};

static const char *const rfc5424_headers[] = {
    "<190>1 2026-11-24T13:05:07.123Z web1 nginx 7 - - ",
    "<190>1 2026-11-24T13:05:07.123456+05:30 web1.example.org nginx 7 access - ",
    "<13>1 2026-11-24T13:05:07-08:00 ::1 apache2 - - - ",
    "<190>1 - - - - - - ", /* nil everywhere */
    "<190>1 2026-11-24T13:05:07Z web1 nginx - - - \xef\xbb\xbf",
    "<13>1 2026-11-24T13:05:07.123456+00:00 web1 root - - "
    "[timeQuality tzKnown=\"1\" isSynced=\"1\" syncAccuracy=\"500\"] ", /* logger -n */
    "<165>1 2003-10-11T22:14:15.003Z m e - ID47 "
    "[exampleSDID@32473 iut=\"3\" eventSource=\"App\"][examplePriority@32473 class=\"high\"] ",
    "<165>1 2003-10-11T22:14:15.003Z m e - ID47 [a b=\"\\\"] \\\\\"] ", /* escapes */
    "<165>1 2003-10-11T22:14:15.003Z m e - ID47 [empty] ",
};

static void every_known_form_gives_its_text(void **state)
{
    char message[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rfc3164_headers / sizeof rfc3164_headers[0]; i++) {
        snprintf(message, sizeof message, "%s%s", rfc3164_headers[i], LINE);
        expect_text(message, LINE);
    }
    for (size_t i = 0; i < sizeof rfc5424_headers / sizeof rfc5424_headers[0]; i++) {
        snprintf(message, sizeof message, "%s%s", rfc5424_headers[i], LINE);
        expect_text(message, LINE);
    }
}

static void text_is_kept_as_it_is(void **state)
{
    static const char with_nul[] = "<190>Nov 24 13:05:07 h t: a\0b\xff\x01";
    char text[64];
    struct pv_syslog_message message = {0};

    (void)state;
    expect_text("<190>Nov 24 13:05:07 h t: a space behind ", "a space behind ");
    expect_text("<190>Nov 24 13:05:07 h t: <190>Nov 24 13:05:07 h t: x",
                "<190>Nov 24 13:05:07 h t: x");
    expect_text("<190>1 - h p - - - [not data]", "[not data]");
    expect_text("<190>1 - h p - - - -", "-");
    expect_text("<190>Nov 24 13:05:07 h t: x\xef\xbb\xbf", "x\xef\xbb\xbf");
    assert_int_equal(parse_bytes(with_nul, sizeof with_nul - 1, text, &message), PV_SYSLOG_GOOD);
    assert_int_equal(message.length, 5);
    assert_memory_equal(text, "a\0b\xff\x01", 5);
}

static void what_stands_before_the_text_is_not_text(void **state)
{
    (void)state;
    expect_text("<190>Nov 24 13:05:07 h t:   x", "x");
    expect_text("<190>Nov 24 13:05:07 h t: \xef\xbb\xbfx", "x");
    expect_text("<190>1 - h p - - -   x", "x");
    expect_text("<190>1 - h p - - - \xef\xbb\xbfx", "x");
}

static void what_ends_a_message_is_not_text(void **state)
{
    static const char with_nul[] = "<190>Nov 24 13:05:07 h t: x\r\n\0";
    char text[64];
    struct pv_syslog_message message = {0};

    (void)state;
    expect_text("<190>Nov 24 13:05:07 h t: x\n", "x");
    expect_text("<190>1 - h p - - - x\r\n", "x");
    assert_int_equal(parse_bytes(with_nul, sizeof with_nul - 1, text, &message), PV_SYSLOG_GOOD);
    assert_string_equal(text, "x");
}

static void priority_is_facility_and_severity(void **state)
{
    static const struct {
        const char *data;
        int facility, severity;
    } cases[] = {
        {"<0>Nov 24 13:05:07 h t: x", 0, 0}, {"<7>Nov 24 13:05:07 h t: x", 0, 7},
        {"<13>1 - - - - - - x", 1, 5},       {"<190>Nov 24 13:05:07 h t: x", 23, 6},
        {"<191>1 - - - - - - x", 23, 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_syslog_message message = {0};

        assert_int_equal(parse_bytes(cases[i].data, strlen(cases[i].data), NULL, &message),
                         PV_SYSLOG_GOOD);
        assert_int_equal(message.facility, cases[i].facility);
        assert_int_equal(message.severity, cases[i].severity);
    }
}

static void noise_has_a_reason(void **state)
{
    static const struct {
        enum pv_syslog_bad bad;
        const char *data;
    } cases[] = {
        {PV_SYSLOG_bad_priority, ""},
        {PV_SYSLOG_bad_priority, "\r\n"},
        {PV_SYSLOG_bad_priority, LINE},
        {PV_SYSLOG_bad_priority, "GET / HTTP/1.1"},
        {PV_SYSLOG_bad_priority, "<>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, "<192>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, "<0190>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, "<013>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, "<-1>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, "<190 Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_priority, " <190>Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_version, "<190>2 2026-11-24T13:05:07Z h p - - - x"},
        {PV_SYSLOG_bad_version, "<190>10 2026-11-24T13:05:07Z h p - - - x"},
        {PV_SYSLOG_bad_time, "<190>"},
        {PV_SYSLOG_bad_time, "<190>nginx: x"},
        {PV_SYSLOG_bad_time, "<190>Nov"},
        {PV_SYSLOG_bad_time, "<190>Nov 24 13:05:07"},
        {PV_SYSLOG_bad_time, "<190>nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 32 13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 00 13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov  0 13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 24 24:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 24 13:60:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 24 13:05:61 h t: x"},
        {PV_SYSLOG_bad_time, "<190>Nov 24 13:05:07. h t: x"},
        {PV_SYSLOG_bad_time, "<190>2026-13-24T13:05:07Z h t: x"},
        {PV_SYSLOG_bad_time, "<190>2026-11-24 13:05:07Z h t: x"},
        {PV_SYSLOG_bad_time, "<190>2026-11-24T13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>1 2026-11-24T13:05:07 h p - - - x"},
        {PV_SYSLOG_bad_time, "<190>1 Nov 24 13:05:07 h t: x"},
        {PV_SYSLOG_bad_time, "<190>1 2026-11-24T13:05:07.1234567890Z h p - - - x"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 "},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 h"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 h t x"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 h t[1 x"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 h : x"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07  h t: x"},
        {PV_SYSLOG_bad_tag, "<190>Nov 24 13:05:07 h a_tag_of_more_than_forty_eight_characters_is_"
                            "no_tag_at_all: x"},
        {PV_SYSLOG_bad_header, "<190>1 - "},
        {PV_SYSLOG_bad_header, "<190>1 - h p - -"},
        {PV_SYSLOG_bad_header, "<190>1 - h  - - - x"},
        {PV_SYSLOG_bad_header, "<190>1 - h p - a_message_id_of_more_than_32_bytes - x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - -x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - []"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b] x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b=c] x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b=\"c] x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b=\"c\\\"] x"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b=\"\\"},
        {PV_SYSLOG_bad_data, "<190>1 - h p - - [a b=\"c\"]x"},
        {PV_SYSLOG_no_text, "<190>Nov 24 13:05:07 h t:"},
        {PV_SYSLOG_no_text, "<190>Nov 24 13:05:07 h t: \n"},
        {PV_SYSLOG_no_text, "<190>1 - h p - - -"},
        {PV_SYSLOG_no_text, "<190>1 - h p - - [a] \xef\xbb\xbf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_bad(cases[i].bad, cases[i].data);
}

static void reasons_have_names_and_help(void **state)
{
    (void)state;
    assert_string_equal(pv_syslog_bad_name(PV_SYSLOG_GOOD), "none");
    assert_string_equal(pv_syslog_bad_name(PV_SYSLOG_bad_tag), "bad_tag");
    assert_string_equal(pv_syslog_bad_name(PV_SYSLOG_BAD_COUNT - 1), "cut_off");
    assert_contains(pv_syslog_bad_help(PV_SYSLOG_too_long), "64 KiB");
}

/* A message that is cut short anywhere is bad, or has the text up to there. */
static void expect_prefixes(const char *header)
{
    char data[1024];
    size_t header_length = strlen(header), length;

    snprintf(data, sizeof data, "%s%s", header, LINE);
    length = strlen(data);
    for (size_t cut = 0; cut <= length; cut++) {
        char text[1024];
        struct pv_syslog_message message;
        enum pv_syslog_bad bad = parse_bytes(data, cut, text, &message);

        if (cut > header_length) {
            assert_int_equal(bad, PV_SYSLOG_GOOD);
            assert_int_equal(message.length, cut - header_length);
            assert_memory_equal(text, LINE, cut - header_length);
        }
    }
}

static void message_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc3164_headers / sizeof rfc3164_headers[0]; i++)
        expect_prefixes(rfc3164_headers[i]);
    for (size_t i = 0; i < sizeof rfc5424_headers / sizeof rfc5424_headers[0]; i++)
        expect_prefixes(rfc5424_headers[i]);
}

static uint32_t random_state;

static size_t random_below(size_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

/* Changes, takes out, or doubles a few bytes. */
static size_t mutate(char *data, size_t length)
{
    static const char likely[] = "<>[]\"\\=: -1Z\0\n";

    for (size_t changes = 1 + random_below(4); changes > 0 && length > 1; changes--) {
        size_t at = random_below(length);

        switch (random_below(4)) {
        case 0:
            data[at] = (char)random_below(256);
            break;
        case 1:
            data[at] = likely[random_below(sizeof likely)];
            break;
        case 2:
            memmove(data + at, data + at + 1, length - at - 1);
            length--;
            break;
        default:
            memmove(data + at + 1, data + at, length - at);
            length++;
            break;
        }
    }
    return length;
}

static void random_changes_do_no_harm(void **state)
{
    static const uint32_t seed = 2463534242;
    size_t good = 0, bad = 0;

    (void)state;
    random_state = seed;
    print_message("seed %u\n", (unsigned)seed);
    for (size_t i = 0; i < 50000; i++) {
        char data[1024];
        struct pv_syslog_message message;
        size_t forms = sizeof rfc5424_headers / sizeof rfc5424_headers[0];
        size_t form = random_below(forms);

        snprintf(data, sizeof data - 8, "%s%s",
                 random_below(2) == 0 ? rfc3164_headers[form] : rfc5424_headers[form], LINE);
        if (parse_bytes(data, mutate(data, strlen(data)), NULL, &message) == PV_SYSLOG_GOOD)
            good++;
        else
            bad++;
    }
    /* Both sides of the parser were visited. */
    assert_true(good > 5000);
    assert_true(bad > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_form_gives_its_text),
        cmocka_unit_test(text_is_kept_as_it_is),
        cmocka_unit_test(what_stands_before_the_text_is_not_text),
        cmocka_unit_test(what_ends_a_message_is_not_text),
        cmocka_unit_test(priority_is_facility_and_severity),
        cmocka_unit_test(noise_has_a_reason),
        cmocka_unit_test(reasons_have_names_and_help),
        cmocka_unit_test(message_may_be_cut_anywhere),
        cmocka_unit_test(random_changes_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
