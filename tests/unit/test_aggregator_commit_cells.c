/* The counts of a batch, bucket by bucket. */
#include "test_pageview_support.h"

#include "aggregator/commit_cells.h"

#define HOUR_MS (60 * PV_MINUTE_MS)
#define DAY     INT64_C(1795478400000) /* 2026-11-24 */

enum { MAX_CELLS = 100 };

static struct pv_batch *batch;
static struct pv_commit_cells cells;

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    if (pv_batch_new(MAX_CELLS, &batch, &error) != PV_OK ||
        pv_commit_cells_init(&cells, MAX_CELLS, &error) != PV_OK)
        return -1;
    pv_batch_open(batch, 7, 1000, DAY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_commit_cells_clean_up(&cells);
    pv_batch_destroy(batch);
    return 0;
}

static void add_views(const char *article, int64_t ts_ms, int views)
{
    for (int i = 0; i < views; i++)
        assert_true(
            pv_batch_add_view(batch, 1000, (struct pv_text){article, strlen(article)}, ts_ms));
}

static size_t end_of(size_t first, enum pv_bucket_size size)
{
    return pv_commit_cells_bucket_end(&cells, first, size);
}

static void cells_stand_in_the_order_of_their_minutes(void **state)
{
    (void)state;
    add_views("/a", DAY + 3 * PV_MINUTE_MS, 1);
    add_views("/b", DAY - PV_MINUTE_MS, 1);
    add_views("/a", DAY + 2 * PV_MINUTE_MS + 59999, 1);
    pv_commit_cells_sort(&cells, batch);
    assert_int_equal(pv_commit_cells_time_ms(&cells, 0), DAY - PV_MINUTE_MS);
    assert_int_equal(pv_commit_cells_time_ms(&cells, 1), DAY + 2 * PV_MINUTE_MS);
    assert_int_equal(pv_commit_cells_time_ms(&cells, 2), DAY + 3 * PV_MINUTE_MS);
}

static void a_bucket_ends_where_another_begins(void **state)
{
    (void)state;
    add_views("/a", DAY - 1, 1);
    add_views("/a", DAY, 1);
    add_views("/b", DAY, 1);
    add_views("/a", DAY + PV_MINUTE_MS, 1);
    add_views("/a", DAY + HOUR_MS, 1);
    pv_commit_cells_sort(&cells, batch);
    assert_int_equal(end_of(0, PV_BUCKET_MINUTE), 1);
    assert_int_equal(end_of(0, PV_BUCKET_DAY), 1);
    assert_int_equal(end_of(1, PV_BUCKET_MINUTE), 3);
    assert_int_equal(end_of(3, PV_BUCKET_MINUTE), 4);
    assert_int_equal(end_of(1, PV_BUCKET_HOUR), 4);
    assert_int_equal(end_of(1, PV_BUCKET_DAY), 5);
    assert_int_equal(end_of(3, PV_BUCKET_DAY), 5);
    assert_int_equal(end_of(4, PV_BUCKET_MINUTE), 5);
}

static void a_bucket_s_views_are_the_sum_of_its_articles(void **state)
{
    (void)state;
    add_views("/a", DAY, 3);
    add_views("/b", DAY, 4);
    add_views("/a", DAY + PV_MINUTE_MS, 50);
    add_views("/c", DAY + HOUR_MS, 600);
    pv_commit_cells_sort(&cells, batch);
    assert_int_equal(pv_commit_cells_views(&cells, 0, 2), 7);
    assert_int_equal(pv_commit_cells_views(&cells, 0, 4), 657);
    assert_int_equal(pv_commit_cells_views(&cells, 2, 2), 0);
    assert_int_equal(pv_commit_cells_sum(&cells, 0, end_of(0, PV_BUCKET_HOUR)), 2);
    assert_int_equal(cells.touched[0], 0);
    assert_int_equal(cells.touched[1], 1);
    assert_int_equal(cells.sums[0], 53);
    assert_int_equal(cells.sums[1], 4);
    assert_int_equal(cells.sums[2], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cells_stand_in_the_order_of_their_minutes),
        TEST(a_bucket_ends_where_another_begins),
        TEST(a_bucket_s_views_are_the_sum_of_its_articles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
