/* The stock of batches is bounded, whatever happens to its bound. */
#include "test_pageview_support.h"

#include "aggregator/batch_pool.h"

enum { MAX = 4, ROOM = 8 };

static struct pv_batch_pool pool;
static struct pv_batch *taken[ROOM];
static size_t count;

static int set_up(void **state)
{
    (void)state;
    pool = (struct pv_batch_pool){.max_cells = 100, .max = MAX};
    count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (count > 0)
        pv_batch_pool_give(&pool, taken[--count]);
    pv_batch_pool_clean_up(&pool);
    return 0;
}

/* Takes up to all that there is room for here; returns how many there are then. */
static size_t take_all(void)
{
    while (count < ROOM && (taken[count] = pv_batch_pool_take(&pool)) != NULL)
        count++;
    return count;
}

static void no_more_than_its_bound_are_in_use(void **state)
{
    (void)state;
    assert_int_equal(take_all(), MAX);
    assert_null(pv_batch_pool_take(&pool));
}

static void a_batch_given_back_is_taken_again(void **state)
{
    struct pv_batch *back;

    (void)state;
    take_all();
    back = taken[--count];
    pv_batch_pool_give(&pool, back);
    assert_int_equal(take_all(), MAX);
    assert_ptr_equal(taken[MAX - 1], back);
    assert_int_equal(pool.made, MAX);
}

static void a_bound_lowered_below_what_exists_makes_no_new_ones(void **state)
{
    (void)state;
    take_all();
    pool.max = MAX / 2;
    assert_null(pv_batch_pool_take(&pool));
    pv_batch_pool_give(&pool, taken[--count]);
    assert_int_equal(take_all(), MAX);
}

static void a_raised_bound_lets_more_be_made(void **state)
{
    (void)state;
    take_all();
    pool.max = MAX + 1;
    assert_int_equal(take_all(), MAX + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_more_than_its_bound_are_in_use),
        TEST(a_batch_given_back_is_taken_again),
        TEST(a_bound_lowered_below_what_exists_makes_no_new_ones),
        TEST(a_raised_bound_lets_more_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
