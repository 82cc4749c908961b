/* From where partitions are fetched, with librdkafka's mock broker. */
#include "test_aggregator_intake.h"

#include "mock_kafka.h"

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

static const struct pv_kafka_consumer_handlers handlers = {
    on_message, ignore_end, ignore_assigned, ignore_revoked, ignore_missing, NULL,
};

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
    broker = mock_kafka_start(2);
    for (int32_t id = 0; id < 2; id++)
        mock_kafka_produce(broker, id, "{\"article\":\"/a\"}", EVENTS);
    options = (struct pv_aggregator_options){
        .kafka = {mock_kafka_address(broker), "pageviews", &no_properties},
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
