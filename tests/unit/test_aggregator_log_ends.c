/* When counts are known to be complete, with librdkafka's mock broker. */
#include "mock_kafka.h"

#include "aggregator/log_ends.h"

enum { PARTITIONS = 3, WAIT_MS = 30000, SOON_MS = 1000, LATER_MS = 60000 };

#define NOW_MS INT64_C(1795525507000)

static rd_kafka_t *broker;
static struct pv_list no_properties;
static struct pv_kafka_options options;
static struct pv_kafka_consumer *consumer;
static struct pv_partitions partitions;
static struct pv_log_ends *ends;
static struct pv_error error;
static int64_t monotonic_ms;

static int64_t now(void *context)
{
    (void)context;
    return NOW_MS;
}
static const struct pv_clock wall_clock = {now, NULL};

static const struct pv_kafka_consumer_handlers handlers = {
    pass_over_message, ignore_end, ignore_assigned, ignore_revoked, ignore_missing, NULL,
};

/* A broker with 5, 0 and 2 events, all of which are counted. */
static int set_up(void **state)
{
    static const int64_t committed[PARTITIONS] = {5, PV_OFFSET_NONE, 2};

    (void)state;
    broker = mock_kafka_start(PARTITIONS);
    options = (struct pv_kafka_options){mock_kafka_address(broker), "pageviews", &no_properties};
    mock_kafka_produce(broker, 0, "{}", 5);
    mock_kafka_produce(broker, 2, "{}", 2);
    assert_int_equal(pv_kafka_consumer_new(&options, "group", &handlers, &consumer, &error), PV_OK);
    assert_int_equal(pv_partitions_grow(&partitions, PARTITIONS, &error), PV_OK);
    for (int i = 0; i < PARTITIONS; i++) {
        pv_partition_begin(&partitions.items[i], committed[i], 0);
        partitions.items[i].origin = 0;
    }
    partitions.assigned = PARTITIONS;
    monotonic_ms = 1;
    assert_int_equal(pv_log_ends_new(consumer, &wall_clock, &ends, &error), PV_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_log_ends_destroy(ends);
    pv_partitions_clean_up(&partitions);
    pv_kafka_consumer_destroy(consumer);
    rd_kafka_destroy(broker);
    return 0;
}

/* Looks so much later, and until what was asked then is answered or known to be not. */
static void ask_after(int64_t ms)
{
    int64_t until_ms = pv_monotonic_ms() + WAIT_MS;

    monotonic_ms += ms;
    while (pv_log_ends_look(ends, &partitions, monotonic_ms))
        if (pv_monotonic_ms() > until_ms)
            fail_msg("no end of asking within %d ms", WAIT_MS);
}

/* Which partitions are caught up, and forgets it: bit 0 is partition 0. */
static unsigned caught_up(void)
{
    unsigned bits = 0;

    for (int i = 0; i < PARTITIONS; i++) {
        int64_t *time_ms = &partitions.items[i].caught_up_ms;

        assert_true(*time_ms == 0 || *time_ms == NOW_MS);
        bits |= *time_ms != 0 ? 1U << i : 0;
        *time_ms = 0;
    }
    return bits;
}

static void partitions_that_are_counted_to_their_end_are_caught_up(void **state)
{
    (void)state;
    ask_after(0);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 7);
}

static void a_partition_with_events_that_nobody_fetched_is_not(void **state)
{
    (void)state;
    ask_after(0);
    mock_kafka_produce(broker, 1, "{}", 1);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 5);
    mock_kafka_produce(broker, 2, "{}", 3);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 1);
    partitions.items[2].next = 5;
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 5);
}

static void a_partition_of_another_aggregator_is_not(void **state)
{
    (void)state;
    ask_after(0);
    partitions.items[0].assigned = false;
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 6);
}

static void nothing_is_asked_while_a_batch_is_under_way(void **state)
{
    (void)state;
    ask_after(0);
    partitions.items[2].in_flight = 1;
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 0);
    partitions.items[2].in_flight = 0;
    ask_after(0);
    assert_int_equal(caught_up(), 7);
}

static void nothing_is_asked_again_soon(void **state)
{
    (void)state;
    ask_after(0); /* it has just begun */
    ask_after(SOON_MS);
    assert_int_equal(caught_up(), 0);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 7);
    ask_after(SOON_MS);
    assert_int_equal(caught_up(), 0);
}

static void nothing_is_known_while_the_broker_is_away(void **state)
{
    (void)state;
    ask_after(0);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 7);
    rd_kafka_mock_broker_set_down(rd_kafka_handle_mock_cluster(broker), 1);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(partitions_that_are_counted_to_their_end_are_caught_up),
        TEST(a_partition_with_events_that_nobody_fetched_is_not),
        TEST(a_partition_of_another_aggregator_is_not),
        TEST(nothing_is_asked_while_a_batch_is_under_way),
        TEST(nothing_is_asked_again_soon),
        TEST(nothing_is_known_while_the_broker_is_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
