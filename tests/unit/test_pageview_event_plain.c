/* The short way to an event gives what the long one gives. A blank in front of the text sends it
 * the long way. */
#include "test_pageview_events.h"

#include "pageview/event_json_plain.h"

static const char *const written[] = {
    "{\"article\":\"/a\",\"ts\":1795525507000}",
    "{\"article\":\"example.org/\xc3\xa9\",\"ts\":1,\"agent\":\"spider\"}",
    "{\"article\":\"/a\",\"ts\":1795525807123,\"agent\":\"automated\",\"id\":\"\"}",
    "{\"article\":\"/"
    "a?b\",\"ts\":1795525507000,\"visitor\":\"0123456789abcdef\",\"section\":\"news\","
    "\"title\":\"A title \xe2\x82\xac\",\"referrer\":\"example.net\",\"id\":\"x-1\"}",
    "{\"article\":\"/a\",\"ts\":1795525507000,\"visitor\":\"0123456789abcdef\",\"referrer\":\"\"}",
};

enum { WRITTEN = sizeof written / sizeof written[0] };

static void assert_same_text(struct pv_text text, const char *expected, size_t length)
{
    assert_int_equal(text.length, length);
    if (length > 0)
        assert_memory_equal(text.data, expected, length);
}

/* Its texts are copied: both events are of the one parser. */
static void expect_both_ways(const char *text, size_t length)
{
    char other[2 * PV_EVENT_SIZE_MAX], room[2 * PV_EVENT_SIZE_MAX];
    enum pv_reason short_way = parse_bytes(text, length), long_way;
    struct pv_event found = event;
    const struct pv_text *texts[] = {&found.article, &found.visitor,  &found.section,
                                     &found.title,   &found.referrer, &found.id};
    const struct pv_text *others[] = {&event.article, &event.visitor,  &event.section,
                                      &event.title,   &event.referrer, &event.id};
    size_t at = 0;

    for (int i = 0; short_way == VALID && i < 6; i++) {
        if (texts[i]->data != NULL)
            memcpy(room + at, texts[i]->data, texts[i]->length);
        at += texts[i]->length;
    }
    other[0] = ' ';
    memcpy(other + 1, text, length);
    long_way = parse_bytes(other, length + 1);
    if (short_way != long_way)
        fail_msg("%.*s: %s, and with a blank %s", (int)length, text, pv_reason_name(short_way),
                 pv_reason_name(long_way));
    if (long_way != VALID)
        return;
    assert_int_equal(found.ts_ms, event.ts_ms);
    assert_int_equal(found.agent, event.agent);
    at = 0;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(texts[i]->data == NULL, others[i]->data == NULL);
        assert_same_text(*others[i], room + at, texts[i]->length);
        at += texts[i]->length;
    }
}

static void what_is_written_goes_the_short_way(void **state)
{
    struct pv_event found;

    (void)state;
    for (int i = 0; i < WRITTEN; i++) {
        assert_true(pv_event_json_plain(written[i], strlen(written[i]), now_ms, &found));
        expect_both_ways(written[i], strlen(written[i]));
    }
}

static void every_byte_changed_left_out_or_doubled_gives_the_same_both_ways(void **state)
{
    static const unsigned char bytes[] = {0,   '\t', '\n', ' ',  '"',  ',',  ':',  '0',  '1',
                                          '9', '-',  '.',  'e',  '[',  '{',  '}',  '\\', 'a',
                                          't', 'v',  0x7f, 0x80, 0x9f, 0xc2, 0xc3, 0xff};
    char text[PV_EVENT_SIZE_MAX];

    (void)state;
    for (int i = 0; i < WRITTEN; i++) {
        size_t length = strlen(written[i]);

        for (size_t at = 0; at < length; at++) {
            memcpy(text, written[i], length);
            for (size_t j = 0; j < sizeof bytes; j++) {
                text[at] = (char)bytes[j];
                expect_both_ways(text, length);
            }
            memcpy(text + at, written[i] + at + 1, length - at - 1);
            expect_both_ways(text, length - 1);
            memcpy(text, written[i], at + 1);
            memcpy(text + at + 1, written[i] + at, length - at);
            expect_both_ways(text, length + 1);
            expect_both_ways(written[i], at);
        }
    }
}

static void bounds_are_the_same_both_ways(void **state)
{
    static const char *const names[] = {"visitor", "section", "title", "referrer", "id"};
    static char text[PV_EVENT_SIZE_MAX], value[600];

    (void)state;
    for (int length = 0; length < 520; length++) {
        memset(value, 'x', (size_t)length);
        value[length] = '\0';
        snprintf(text, sizeof text, "{\"article\":\"%s\",\"ts\":1}", value);
        expect_both_ways(text, strlen(text));
        for (int i = 0; i < 5; i++) {
            snprintf(text, sizeof text, "{\"article\":\"/a\",\"ts\":1,\"%s\":\"%s\"}", names[i],
                     value);
            expect_both_ways(text, strlen(text));
        }
    }
}

static void times_are_the_same_both_ways(void **state)
{
    static const char *const times[] = {"0",
                                        "00",
                                        "01",
                                        "1795525807123",
                                        "1795525807124",
                                        "99999999999999",
                                        "100000000000000",
                                        "999999999999999",
                                        "1000000000000000",
                                        "18446744073709551617",
                                        "1.0",
                                        "1e3",
                                        "-1"};
    char text[100];

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        snprintf(text, sizeof text, "{\"article\":\"/a\",\"ts\":%s}", times[i]);
        expect_both_ways(text, strlen(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_goes_the_short_way),
        cmocka_unit_test(every_byte_changed_left_out_or_doubled_gives_the_same_both_ways),
        cmocka_unit_test(bounds_are_the_same_both_ways),
        cmocka_unit_test(times_are_the_same_both_ways),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
