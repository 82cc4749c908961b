/* When counts are known to be complete, with librdkafka's mock broker. */
#include "test_pageview_support.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "aggregator/log_ends.h"

enum { PARTITIONS = 3, WAIT_MS = 30000, SOON_MS = 1000, LATER_MS = 60000 };

#define NOW_MS INT64_C(1795525507000)

static rd_kafka_t *broker;
static rd_kafka_mock_cluster_t *cluster;
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

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    (void)context;
    (void)message;
    (void)next;
    return true;
}

static void on_end(void *context, int32_t partition, int64_t offset)
{
    (void)context;
    (void)partition;
    (void)offset;
}

static void on_assigned(void *context, const int32_t *ids, size_t count)
{
    (void)context;
    (void)ids;
    (void)count;
}

static void on_revoked(void *context, bool lost)
{
    (void)context;
    (void)lost;
}

static void on_offset_missing(void *context, int32_t partition)
{
    (void)context;
    (void)partition;
}

static const struct pv_kafka_consumer_handlers handlers = {
    on_message, on_end, on_assigned, on_revoked, on_offset_missing, NULL,
};

static void produce(int32_t partition, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(rd_kafka_producev(broker, RD_KAFKA_V_TOPIC("pageviews"),
                                           RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_VALUE("{}", 2), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(broker, WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* A broker with 5, 0 and 2 events, all of which are counted. */
static int set_up(void **state)
{
    static const int64_t committed[PARTITIONS] = {5, PV_OFFSET_NONE, 2};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];

    (void)state;
    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why),
                     RD_KAFKA_CONF_OK);
    broker = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(broker);
    cluster = rd_kafka_handle_mock_cluster(broker);
    rd_kafka_mock_topic_create(cluster, "pageviews", PARTITIONS, 1);
    options = (struct pv_kafka_options){rd_kafka_mock_cluster_bootstraps(cluster), "pageviews",
                                        &no_properties};
    produce(0, 5);
    produce(2, 2);
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
    produce(1, 1);
    ask_after(LATER_MS);
    assert_int_equal(caught_up(), 5);
    produce(2, 3);
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
    rd_kafka_mock_broker_set_down(cluster, 1);
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
