/* The lists' formulas. */
#include "test_pageview_support.h"

#include <math.h>

#include "aggregator/ranker/lists.h"

#define HOUR INT64_C(498744)

static double score_of_age(int64_t age)
{
    struct pv_sums sums = {0};

    assert_true(pv_sums_add(&sums, PV_WINDOW_BIT(PV_WINDOW_HOT), 3, HOUR - age, HOUR));
    return pv_ranking_list_score(PV_RANKING_HOT, &sums, HOUR);
}

static void hot_view_halves_every_six_hours(void **state)
{
    (void)state;
    assert_true(score_of_age(0) == 3);
    for (int64_t age = 6; age <= PV_HOT_HOURS; age++)
        assert_true(score_of_age(age) == score_of_age(age - 6) / 2);
    for (int64_t age = 0; age < 6; age++)
        assert_true(fabs(score_of_age(age) - 3 * exp2(-(double)age / 6)) < 3.0 / 8192 + 1e-9);
}

static void hot_is_the_same_whether_views_grew_old_or_came_in_old(void **state)
{
    struct pv_sums grown = {0};

    (void)state;
    for (int64_t age = 0; age <= PV_HOT_HOURS + 1; age++) {
        struct pv_sums added = {0};

        if (age > 0)
            pv_sums_enter_hour(&grown, HOUR + age);
        else
            assert_true(pv_sums_add(&grown, PV_WINDOWS_ALL, 7, HOUR, HOUR));
        assert_true(pv_sums_add(&added, PV_WINDOWS_ALL, 7, HOUR, HOUR + age));
        assert_memory_equal(&grown, &added, sizeof added);
        assert_true(pv_sums_add(&added, PV_WINDOWS_ALL, -7, HOUR, HOUR + age));
        assert_true(pv_ranking_list_score(PV_RANKING_HOT, &added, HOUR + age) == 0);
    }
}

static void largest_counts_do_not_overflow(void **state)
{
    struct pv_sums sums = {0};

    (void)state;
    for (int64_t age = PV_HOT_HOURS; age >= 0; age--)
        for (int minute = 0; minute < 60; minute++)
            assert_true(pv_sums_add(&sums, PV_WINDOWS_ALL, PV_SUMS_COUNT_MAX, HOUR - age, HOUR));
    for (int list = 0; list < PV_RANKING_LISTS; list++)
        assert_true(pv_ranking_list_score((enum pv_ranking_list)list, &sums, HOUR) >= 0);
}

static double rising(int64_t last_hour, int64_t last_day)
{
    struct pv_sums sums = {.views = {[PV_WINDOW_1H] = last_hour, [PV_WINDOW_24H] = last_day}};

    return pv_ranking_list_score(PV_RANKING_RISING, &sums, HOUR);
}

static void rising_compares_the_hour_with_the_23_before(void **state)
{
    (void)state;
    assert_true(rising(10, 10) == 10);
    assert_true(rising(10, 10 + 23 * 3) == 3.5); /* (10 - 3) / sqrt(4) */
    assert_true(rising(9, 9) == 0);              /* too few to tell */
    assert_true(rising(10, 10 + 23 * 10) == 0);  /* as always */
    assert_true(rising(10, 10 + 23 * 11) == 0);  /* falling */
}

static void lists_are_named_as_they_are_published(void **state)
{
    static const char *const names[PV_RANKING_LISTS] = {"1h", "24h", "7d", "30d", "hot", "rising"};

    (void)state;
    for (int list = 0; list < PV_RANKING_LISTS; list++)
        assert_string_equal(pv_ranking_list_name((enum pv_ranking_list)list), names[list]);
}

static void sum_below_zero_is_told(void **state)
{
    struct pv_sums sums = {0};

    (void)state;
    assert_true(pv_sums_add(&sums, PV_WINDOW_BIT(PV_WINDOW_7D), 2, HOUR, HOUR));
    assert_true(pv_sums_add(&sums, PV_WINDOW_BIT(PV_WINDOW_7D), -2, HOUR, HOUR));
    assert_false(pv_sums_add(&sums, PV_WINDOW_BIT(PV_WINDOW_7D), -1, HOUR, HOUR));
    assert_false(pv_sums_add(&sums, PV_WINDOW_BIT(PV_WINDOW_HOT), -1, HOUR, HOUR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hot_view_halves_every_six_hours),
        cmocka_unit_test(hot_is_the_same_whether_views_grew_old_or_came_in_old),
        cmocka_unit_test(largest_counts_do_not_overflow),
        cmocka_unit_test(rising_compares_the_hour_with_the_23_before),
        cmocka_unit_test(lists_are_named_as_they_are_published),
        cmocka_unit_test(sum_below_zero_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
