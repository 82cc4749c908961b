/* From where partitions are fetched, with librdkafka's mock broker. */
#include "test_aggregator_intake.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "aggregator/assignment.h"

enum { EVENTS = 5, POLL_MS = 50, FETCH_MS = 30000 };

static const int32_t both[] = {0, 1};
static struct pv_list no_properties;
static struct pv_aggregator_options options;
static rd_kafka_t *broker;
static struct pv_kafka_consumer *consumer;
static struct pv_assignment assignment;
static struct pv_error error;

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    (void)context;
    return pv_intake_message(&intake, message, next);
}

static void on_end(void *context, int32_t id, int64_t offset)
{
    (void)context;
    (void)id;
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

static void on_offset_missing(void *context, int32_t id)
{
    (void)context;
    (void)id;
}

static const struct pv_kafka_consumer_handlers handlers = {
    on_message, on_end, on_assigned, on_revoked, on_offset_missing, NULL,
};

static void start_broker(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];

    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why),
                     RD_KAFKA_CONF_OK);
    broker = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(broker);
    rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(broker), "pageviews", 2, 1);
    for (int i = 0; i < 2 * EVENTS; i++)
        assert_int_equal(
            rd_kafka_producev(broker, RD_KAFKA_V_TOPIC("pageviews"), RD_KAFKA_V_PARTITION(i % 2),
                              RD_KAFKA_V_VALUE("{\"article\":\"/a\"}", 16), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(broker, FETCH_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static bool is_all_taken(void)
{
    return partition(0)->next == EVENTS && partition(1)->next == EVENTS;
}

static void serve_until_all_is_taken(void)
{
    int64_t until_ms = pv_monotonic_ms() + FETCH_MS;

    while (!is_all_taken()) {
        if (pv_monotonic_ms() > until_ms)
            fail_msg("not all is fetched within %d ms", FETCH_MS);
        assert_int_equal(pv_assignment_serve(&assignment, &error), PV_OK);
        pv_kafka_consumer_poll(consumer, POLL_MS);
    }
}

/* Redis has counted 2 of the 5 events of each partition, and all of them are fetched. */
static int begin(void **state)
{
    if (set_up(state) != 0)
        return -1;
    fence_store(fence, "pageviews/0", "2");
    fence_store(fence, "pageviews/1", "2");
    start_broker();
    options = (struct pv_aggregator_options){
        .kafka = {rd_kafka_mock_cluster_bootstraps(rd_kafka_handle_mock_cluster(broker)),
                  "pageviews", &no_properties},
        .redis = *fence_options(fence),
    };
    options.redis.prefix = "pv:";
    assert_int_equal(pv_kafka_consumer_new(&options.kafka, "group", &handlers, &consumer, &error),
                     PV_OK);
    assignment = (struct pv_assignment){
        .options = &options, .consumer = consumer, .intake = &intake, .metrics = &metrics};
    assert_int_equal(pv_redis_new(&options.redis, &assignment.redis, &error), PV_OK);
    pv_assignment_grant(&assignment, both, 2);
    serve_until_all_is_taken();
    return 0;
}

static int end(void **state)
{
    pv_assignment_revoke(&assignment);
    pv_kafka_consumer_destroy(consumer);
    pv_redis_destroy(assignment.redis);
    rd_kafka_destroy(broker);
    return tear_down(state);
}

static void what_redis_has_not_counted_is_fetched(void **state)
{
    (void)state;
    assert_int_equal(partition(0)->committed, 2);
    assert_int_equal(partition(0)->open->events, EVENTS - 2);
    assert_int_equal(partition(1)->open->events, EVENTS - 2);
}

static void a_partition_that_stands_elsewhere_in_redis_is_fetched_from_there(void **state)
{
    (void)state;
    fence_store(fence, "pageviews/0", "1");
    pv_intake_void(&intake, partition(0));
    partition(0)->needs_seek = true;
    partition(0)->next = 1;
    serve_until_all_is_taken();
    assert_int_equal(partition(0)->open->events, EVENTS - 1);
    assert_int_equal(partition(1)->open->events, EVENTS - 2);
}

static void what_librdkafka_does_not_seek_is_started_again(void **state)
{
    (void)state;
    assert_int_equal(pv_kafka_consumer_start(consumer, NULL, NULL, 0, &error), PV_OK);
    pv_intake_void(&intake, partition(0));
    partition(0)->needs_seek = true;
    partition(0)->next = 2;
    serve_until_all_is_taken();
    assert_int_equal(partition(0)->open->events, EVENTS - 2);
    assert_int_equal(partition(1)->open->events, EVENTS - 2);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_redis_has_not_counted_is_fetched),
        TEST(a_partition_that_stands_elsewhere_in_redis_is_fetched_from_there),
        TEST(what_librdkafka_does_not_seek_is_started_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
