/* Sorted by the bits that were asked for, and by nothing else. */
#include "test_pageview_support.h"

#include "aggregator/radix_sort.h"

enum { MOST = 5000 };

static uint64_t numbers[MOST], spare[MOST];

static void fill(size_t count, uint64_t mask)
{
    uint64_t random = 1;

    for (size_t i = 0; i < count; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        numbers[i] = (random ^ random >> 29) & mask;
    }
}

static void assert_sorted_by(size_t count, unsigned first, unsigned end, uint64_t mask)
{
    uint64_t sum = 0, *sorted;

    fill(count, mask);
    for (size_t i = 0; i < count; i++)
        sum += numbers[i] * numbers[i];
    sorted = pv_radix_sort(numbers, spare, count, first, end);
    for (size_t i = 1; i < count; i++)
        assert_true(sorted[i - 1] >> first <= sorted[i] >> first);
    for (size_t i = 0; i < count; i++)
        sum -= sorted[i] * sorted[i];
    assert_int_equal(sum, 0); /* the same numbers */
}

static void numbers_rise_by_the_bits_asked_for(void **state)
{
    (void)state;
    for (size_t count = 0; count <= MOST; count += count < 4 ? 1 : count) {
        assert_sorted_by(count, 0, 64, UINT64_MAX);
        assert_sorted_by(count, 0, 1, 1);
        assert_sorted_by(count, 16, 64, UINT64_MAX);
        assert_sorted_by(count, 16, 36, (UINT64_C(1) << 36) - 1);
        assert_sorted_by(count, 0, 64, UINT64_C(0xff000000000000ff)); /* digits that are all zero */
    }
}

static void what_is_equal_stays_in_its_order(void **state)
{
    const uint64_t *sorted;

    (void)state;
    fill(MOST, UINT64_C(0xfff0000));
    for (uint64_t i = 0; i < MOST; i++)
        numbers[i] |= i;
    sorted = pv_radix_sort(numbers, spare, MOST, 16, 28);
    for (size_t i = 1; i < MOST; i++)
        assert_true(sorted[i - 1] < sorted[i]); /* the low bits rise where the others are equal */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_rise_by_the_bits_asked_for),
        cmocka_unit_test(what_is_equal_stays_in_its_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
