#include "test_pageview_support.h"

#include <time.h>

#include "pageview/bucket.h"

static const int64_t last_day_of_2200 = 84370;

static void days_agree_with_the_c_library_from_1970_to_2200(void **state)
{
    (void)state;
    for (int64_t day = 0; day <= last_day_of_2200; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        char expected[PV_BUCKET_NAME_SIZE], name[PV_BUCKET_NAME_SIZE];

        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(expected, sizeof expected, "%Y-%m-%d", &tm);
        assert_int_equal(pv_bucket_name(PV_BUCKET_DAY, day * PV_DAY_MS, name), 10);
        assert_string_equal(name, expected);
        assert_int_equal(
            pv_days_from_civil(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday),
            day);
        assert_int_equal(tm.tm_year + 1900 <= 2200, 1);
    }
}

static void minutes_agree_with_the_c_library(void **state)
{
    (void)state;
    /* A prime number of ms, so that every part of the time takes all its values. */
    for (int64_t ms = 0; ms < last_day_of_2200 * PV_DAY_MS; ms += INT64_C(48271000037)) {
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        char expected[PV_TIME_TEXT_SIZE], name[PV_BUCKET_NAME_SIZE], text[PV_TIME_TEXT_SIZE];

        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
        pv_time_text(ms, text);
        assert_string_equal(text, expected);
        assert_int_equal(pv_bucket_name(PV_BUCKET_MINUTE, ms, name), 16);
        assert_memory_equal(name, expected, 16);
        assert_int_equal(strlen(name), 16);
        assert_int_equal(pv_bucket_name(PV_BUCKET_HOUR, ms, name), 13);
        assert_memory_equal(name, expected, 13);
        assert_int_equal(strlen(name), 13);
    }
}

static void a_bucket_holds_its_first_and_last_millisecond_only(void **state)
{
    static const int64_t lengths[PV_BUCKET_SIZES] = {60000, 3600000, 86400000};
    const int64_t time_ms = INT64_C(1795525507123); /* 2026-11-24T13:05:07.123Z */

    (void)state;
    for (int size = 0; size < PV_BUCKET_SIZES; size++) {
        enum pv_bucket_size bucket = (enum pv_bucket_size)size;
        int64_t start = pv_bucket_start_ms(bucket, time_ms);
        char name[PV_BUCKET_NAME_SIZE], other[PV_BUCKET_NAME_SIZE];

        assert_int_equal(pv_bucket_length_ms(bucket), lengths[size]);
        assert_true(start <= time_ms && time_ms - start < lengths[size]);
        assert_int_equal(start % lengths[size], 0);
        assert_int_equal(pv_bucket_start_ms(bucket, start), start);
        assert_int_equal(pv_bucket_start_ms(bucket, start + lengths[size] - 1), start);
        assert_int_equal(pv_bucket_start_ms(bucket, start + lengths[size]), start + lengths[size]);
        pv_bucket_name(bucket, start, name);
        pv_bucket_name(bucket, start + lengths[size] - 1, other);
        assert_string_equal(name, other);
        pv_bucket_name(bucket, start - 1, other);
        assert_string_not_equal(name, other);
        pv_bucket_name(bucket, start + lengths[size], other);
        assert_string_not_equal(name, other);
    }
}

static void names_are_those_of_the_redis_schema(void **state)
{
    const int64_t time_ms = INT64_C(1795525507123);
    char name[PV_BUCKET_NAME_SIZE];

    (void)state;
    pv_bucket_name(PV_BUCKET_DAY, time_ms, name);
    assert_string_equal(name, "2026-11-24");
    pv_bucket_name(PV_BUCKET_HOUR, time_ms, name);
    assert_string_equal(name, "2026-11-24T13");
    pv_bucket_name(PV_BUCKET_MINUTE, time_ms, name);
    assert_string_equal(name, "2026-11-24T13:05");
}

static void the_first_and_the_last_time_have_names(void **state)
{
    char text[PV_TIME_TEXT_SIZE];

    (void)state;
    pv_time_text(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    pv_time_text(PV_TIME_LIMIT_MS - 1, text);
    assert_string_equal(text, "5138-11-16T09:46:39Z");
}

static void days_before_1970_are_negative(void **state)
{
    (void)state;
    assert_int_equal(pv_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(pv_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(pv_days_from_civil(1600, 2, 29), -135081);
    assert_int_equal(pv_days_from_civil(0, 3, 1), -719468);
    assert_int_equal(pv_days_from_civil(-1, 12, 31), -719529);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_agree_with_the_c_library_from_1970_to_2200),
        cmocka_unit_test(minutes_agree_with_the_c_library),
        cmocka_unit_test(a_bucket_holds_its_first_and_last_millisecond_only),
        cmocka_unit_test(names_are_those_of_the_redis_schema),
        cmocka_unit_test(the_first_and_the_last_time_have_names),
        cmocka_unit_test(days_before_1970_are_negative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
