/* The table of partitions. */
#include "test_pageview_support.h"

#include "aggregator/partitions.h"

static struct pv_partitions partitions;
static struct pv_error error;

static int tear_down(void **state)
{
    (void)state;
    pv_partitions_clean_up(&partitions);
    return 0;
}

static void a_grown_table_keeps_what_it_had_and_numbers_what_is_new(void **state)
{
    (void)state;
    assert_int_equal(pv_partitions_grow(&partitions, 2, &error), PV_OK);
    pv_partition_begin(&partitions.items[1], 70, 1000);
    assert_int_equal(pv_partitions_grow(&partitions, 5, &error), PV_OK);
    assert_int_equal(pv_partitions_grow(&partitions, 3, &error), PV_OK); /* never shrinks */
    assert_int_equal(partitions.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(partitions.items[i].id, i);
        assert_int_equal(partitions.items[i].assigned, i == 1);
    }
    assert_int_equal(partitions.items[1].next, 70);
}

static void a_partition_begins_at_what_redis_has_in_a_new_epoch(void **state)
{
    struct pv_partition partition = {.id = 3, .needs_seek = true, .log_end = 900, .in_flight = 2};
    uint64_t epoch = partition.epoch;

    (void)state;
    pv_partition_begin(&partition, 70, 1000);
    assert_true(partition.assigned);
    assert_false(partition.needs_seek);
    assert_int_not_equal(partition.epoch, epoch);
    assert_int_equal(partition.next, 70);
    assert_int_equal(partition.committed, 70);
    assert_int_equal(partition.log_end, PV_OFFSET_NONE);
    assert_int_equal(partition.verified_ms, 1000);
    assert_true(pv_partition_is_settled(&partition));
}

static void a_partition_reaches_the_end_that_it_is_counted_to(void **state)
{
    struct pv_partition partition = {.origin = 40};

    (void)state;
    assert_true(pv_partition_reaches(&partition, 70, 70));
    assert_true(pv_partition_reaches(&partition, 71, 70));
    assert_false(pv_partition_reaches(&partition, 69, 70));
    assert_true(pv_partition_reaches(&partition, PV_OFFSET_NONE, 40)); /* it was always empty */
    assert_false(pv_partition_reaches(&partition, PV_OFFSET_NONE, 41));
}

static void a_partition_with_a_batch_open_or_under_way_is_not_settled(void **state)
{
    struct pv_partition partition = {.id = 3};
    struct pv_batch batch;

    (void)state;
    pv_partition_begin(&partition, 70, 1000);
    partition.open = &batch;
    assert_false(pv_partition_is_settled(&partition));
    partition.open = NULL;
    partition.in_flight = 1;
    assert_false(pv_partition_is_settled(&partition));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_grown_table_keeps_what_it_had_and_numbers_what_is_new,
                                  tear_down),
        cmocka_unit_test(a_partition_begins_at_what_redis_has_in_a_new_epoch),
        cmocka_unit_test(a_partition_reaches_the_end_that_it_is_counted_to),
        cmocka_unit_test(a_partition_with_a_batch_open_or_under_way_is_not_settled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
