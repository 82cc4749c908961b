/* A table of pairs, also where many of them want the same slot. */
#include "test_pageview_support.h"

#include "aggregator/repeat_pairs.h"

enum { PAIRS = 20000, TAGS = 300 };

static struct pv_repeat_pairs pairs;

static int tear_down(void **state)
{
    (void)state;
    pv_repeat_pairs_clear(&pairs);
    return 0;
}

/* Many share a tag, and tags lie side by side: long rows of slots, also around the table's end. */
static struct pv_repeat_key key_of(uint32_t number)
{
    uint32_t tag = number % TAGS - TAGS / 2;

    return (struct pv_repeat_key){.low = (uint64_t)tag << 32, .high = number};
}

static void add(uint32_t number)
{
    assert_true(pv_repeat_pairs_reserve(&pairs));
    pv_repeat_pair_at(&pairs, pv_repeat_pairs_add(&pairs, key_of(number)))->latest_ms = number;
}

static void assert_found(uint32_t number)
{
    uint32_t at = pv_repeat_pairs_find(&pairs, key_of(number));

    assert_true(at < pairs.count);
    assert_int_equal(pv_repeat_pair_at(&pairs, at)->latest_ms, number);
}

static void remove_number(uint32_t number)
{
    pv_repeat_pairs_remove(&pairs, pv_repeat_pairs_find(&pairs, key_of(number)));
}

static void an_empty_table_has_nothing(void **state)
{
    (void)state;
    assert_int_equal(pv_repeat_pairs_find(&pairs, key_of(1)), PV_REPEAT_NO_PAIR);
    pv_repeat_pairs_prefetch(&pairs, key_of(1));
    pv_repeat_pairs_shrink(&pairs);
    assert_int_equal(pairs.count, 0);
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < PAIRS; number++)
        add(number);
    for (uint32_t number = 0; number < PAIRS; number += 2)
        remove_number(number);
    assert_int_equal(pairs.count, PAIRS / 2);
    for (uint32_t number = 0; number < PAIRS; number++)
        if (number % 2 == 0)
            assert_int_equal(pv_repeat_pairs_find(&pairs, key_of(number)), PV_REPEAT_NO_PAIR);
        else
            assert_found(number);
    for (uint32_t number = 0; number < PAIRS; number += 2)
        add(number);
    for (uint32_t number = 0; number < PAIRS; number++)
        assert_found(number);
}

static void memory_is_given_back_and_taken_again(void **state)
{
    size_t blocks;
    int slots_log2;

    (void)state;
    for (uint32_t number = 0; number < PAIRS; number++)
        add(number);
    blocks = pairs.block_count;
    slots_log2 = pairs.slots_log2;
    assert_true((size_t)1 << slots_log2 >= 2 * PAIRS);
    for (uint32_t number = 100; number < PAIRS; number++)
        remove_number(number);
    pv_repeat_pairs_shrink(&pairs);
    assert_int_equal(pairs.block_count, 1);
    assert_true((size_t)1 << pairs.slots_log2 <= 8 * 100);
    for (uint32_t number = 0; number < 100; number++)
        assert_found(number);
    for (uint32_t number = 100; number < PAIRS; number++)
        add(number);
    assert_int_equal(pairs.block_count, blocks);
    assert_int_equal(pairs.slots_log2, slots_log2);
    for (uint32_t number = 0; number < PAIRS; number++)
        assert_found(number);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_table_has_nothing),
        TEST(what_was_added_is_found_until_it_is_removed),
        TEST(memory_is_given_back_and_taken_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
