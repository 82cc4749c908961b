/* When an event was, by the rules of docs/event-schema.md. */
#include "test_pageview_events.h"

static void ts_is_a_whole_number_of_ms_however_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ts_ms;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"0.0", 0},
        {"-0.0e5", 0},
        {"0e99999", 0},
        {"0e-99999", 0},
        {"1", 1},
        {"1e3", 1000},
        {"5.0", 5},
        {"1E+3", 1000},
        {"1000e-3", 1},
        {"0.001e3", 1},
        {"1.7955255071230e12", INT64_C(1795525507123)},
        {"1795525507123", INT64_C(1795525507123)},
        {"1795525507123.000", INT64_C(1795525507123)},
        {"100e10", INT64_C(1000000000000)},
        /* longer than the 63 characters that older versions of cJSON read */
        {"5.0000000000000000000000000000000000000000000000000000000000000000000000000000", 5},
        {"0.0000000000000000000000000000000000000000000000000000000000000000000000000012e78", 1200},
        {"12000000000000000000000000000000000000000000000000000000000000000000000000000e-75", 12},
    };
    static const char *const bad[] = {
        "-1",
        "1.5",
        "0.1",
        "-0.1",
        "1e-1",
        "1e400",
        "-1e400",
        "1e-400",
        "1e99999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "1795525507123.0000001",
        "1795525507123.00000000000000000000000000000000000000000000001",
        "0.00000000000000000000000000000000000000000000000000000000000000000000000000001",
        "1000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "999999999999999",
        "1e15",
        "\"1\"",
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
    };
    char member[128];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(member, sizeof member, "\"ts\":%s", good[i].text);
        expect_member(member, VALID);
        assert_int_equal(event.ts_ms, good[i].ts_ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(member, sizeof member, "\"ts\":%s", bad[i]);
        expect_member(member, PV_REASON_bad_ts);
    }
}

static void ts_is_below_the_year_5138(void **state)
{
    const int64_t far_ms = INT64_C(200000000000000);
    static const char last[] = "{\"article\":\"/a\",\"ts\":99999999999999}";
    static const char over[] = "{\"article\":\"/a\",\"ts\":100000000000000}";

    (void)state;
    assert_int_equal(pv_event_json_parse(parser, last, strlen(last), -1, far_ms, &event), VALID);
    assert_int_equal(event.ts_ms, INT64_C(99999999999999));
    assert_int_equal(pv_event_json_parse(parser, over, strlen(over), -1, far_ms, &event),
                     PV_REASON_bad_ts);
}

static void ts_may_be_5_minutes_ahead_and_no_more(void **state)
{
    char member[64];

    (void)state;
    snprintf(member, sizeof member, "\"ts\":%lld", (long long)now_ms + 300000);
    expect_member(member, VALID);
    snprintf(member, sizeof member, "\"ts\":%lld", (long long)now_ms + 300001);
    expect_member(member, PV_REASON_future);
    expect_member("\"ts\":99999999999999", PV_REASON_future);
}

static void without_ts_the_messages_time_must_do(void **state)
{
    static const char text[] = "{\"article\":\"/a\"}";
    static const struct {
        int64_t message_ts_ms;
        enum pv_reason reason;
    } cases[] = {
        {0, VALID},
        {-1, PV_REASON_bad_ts},
        {INT64_MIN, PV_REASON_bad_ts},
        {INT64_C(100000000000000), PV_REASON_bad_ts},
        {INT64_MAX, PV_REASON_bad_ts},
        {INT64_C(1795525507123) + 300000, VALID},
        {INT64_C(1795525507123) + 300001, PV_REASON_future},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            pv_event_json_parse(parser, text, strlen(text), cases[i].message_ts_ms, now_ms, &event),
            cases[i].reason);
        if (cases[i].reason == VALID)
            assert_int_equal(event.ts_ms, cases[i].message_ts_ms);
    }
    /* With ts, nobody asks for the message's. */
    assert_int_equal(
        pv_event_json_parse(parser, "{\"article\":\"/a\",\"ts\":7}", 23, -1, now_ms, &event),
        VALID);
    assert_int_equal(event.ts_ms, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ts_is_a_whole_number_of_ms_however_written),
        cmocka_unit_test(ts_is_below_the_year_5138),
        cmocka_unit_test(ts_may_be_5_minutes_ahead_and_no_more),
        cmocka_unit_test(without_ts_the_messages_time_must_do),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
