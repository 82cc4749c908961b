#include "test_pageview_support.h"

#include "producer/since.h"

#define NOW INT64_C(1795525507123)

static void expect(const char *text, int64_t expected_ms)
{
    int64_t since_ms;

    if (!pv_since_parse(text, NOW, &since_ms))
        fail_msg("\"%s\" is refused", text);
    assert_int_equal(since_ms, expected_ms);
}

static void day_is_its_midnight(void **state)
{
    (void)state;
    expect("2026-11-24", INT64_C(1795478400000));
    expect("2024-02-29", INT64_C(1709164800000));
}

static void time_is_itself(void **state)
{
    (void)state;
    expect("2026-11-24T13:05:07Z", INT64_C(1795525507000));
    expect("2026-11-24T14:05:07+01:00", INT64_C(1795525507000));
    expect("24/Nov/2026:13:05:07 +0000", INT64_C(1795525507000));
}

static void age_is_before_now(void **state)
{
    (void)state;
    expect("2h", NOW - 7200000);
    expect("500ms", NOW - 500);
    expect("100000d", 0);
}

static void anything_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "yesterday", "2026-13-01", "2026-02-30", "2026-11-24T", "24/11/2026", "2h ", "-2h"};
    int64_t since_ms;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (pv_since_parse(texts[i], NOW, &since_ms))
            fail_msg("\"%s\" is taken", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(day_is_its_midnight),
        cmocka_unit_test(time_is_itself),
        cmocka_unit_test(age_is_before_now),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
