/* When batches are handed to the committer, and what they say of their partition. */
#include "mock_kafka.h"
#include "test_aggregator_intake.h"
#include "waiting.h"

#include "aggregator/flush.h"

enum { INTERVAL_MS = 1000, VERIFY_MS = 3000, POLL_MS = 50 };

static struct pv_aggregator_options options;
static struct pv_list no_properties;
static struct pv_kafka_consumer *consumer;
static struct pv_waiting_turns turns;
static struct pv_flush flush;
static rd_kafka_t *broker; /* NULL: there is none */
static int messages_to_take;
static bool at_end;

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    (void)context;
    return messages_to_take-- > 0 && pv_intake_message(&intake, message, next);
}

static void on_end(void *context, int32_t id, int64_t offset)
{
    (void)context;
    (void)id;
    (void)offset;
    at_end = true;
}

static const struct pv_kafka_consumer_handlers handlers = {
    on_message, on_end, ignore_assigned, ignore_revoked, ignore_missing, NULL,
};

static void start_consumer(const char *brokers)
{
    struct pv_error error;

    options = (struct pv_aggregator_options){.kafka = {brokers, "pageviews", &no_properties},
                                             .flush_interval_ms = INTERVAL_MS};
    assert_int_equal(pv_kafka_consumer_new(&options.kafka, "group", &handlers, &consumer, &error),
                     PV_OK);
    turns =
        (struct pv_waiting_turns){.context = &commits, .clock = &fixed_clock, .metrics = &metrics};
    flush = (struct pv_flush){&options, consumer, &intake, &turns, NULL};
}

/* Partition 0 is counted to offset 100, nothing waits, and of its log nothing is known. */
static int begin(void **state)
{
    if (set_up(state) != 0)
        return -1;
    intake.monotonic_ms = NOW;
    intake.partitions.assigned = 1;
    partition(0)->waiting = partition(1)->waiting = 0;
    partition(1)->assigned = false;
    start_consumer("127.0.0.1:1");
    return 0;
}

/* Partition 1 in place of it, which has five events on a broker. */
static int begin_with_broker(void **state)
{
    if (begin(state) != 0)
        return -1;
    pv_kafka_consumer_destroy(consumer);
    broker = mock_kafka_start(2);
    mock_kafka_produce(broker, 1, "{\"article\":\"/a\"}", 5);
    start_consumer(mock_kafka_address(broker));
    partition(0)->assigned = false;
    partition(1)->assigned = true;
    partition(1)->origin = 0;
    return 0;
}

static int end(void **state)
{
    pv_kafka_consumer_destroy(consumer);
    if (broker != NULL)
        rd_kafka_destroy(broker);
    broker = NULL;
    return tear_down(state);
}

static void flush_after(int64_t ms)
{
    intake.monotonic_ms += ms;
    pv_flush_due(&flush);
}

/* The batch that was handed over, once it is committed. */
static const struct pv_batch *committed_batch(void)
{
    collect(1);
    return intake.pool.free;
}

static void assert_nothing_sealed(void)
{
    assert_int_equal(pv_committer_pending(intake.committer), 0);
}

static void a_batch_is_sealed_when_it_is_old_enough(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    flush_after(INTERVAL_MS - 1);
    assert_nothing_sealed();
    flush_after(1);
    assert_int_equal(committed_batch()->to, 101);
    assert_int_equal(partition(0)->committed, 101);
}

static void while_much_is_waiting_in_the_log_a_batch_gets_older(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    partition(0)->high = 103; /* it holds one, two are behind it */
    flush_after(INT64_C(4) * INTERVAL_MS - 1);
    assert_nothing_sealed();
    flush_after(1);
    assert_int_equal(committed_batch()->to, 101);
}

static void the_last_batch_before_the_end_is_sealed_at_once(void **state)
{
    (void)state;
    options.exit_at_end = true;
    partition(0)->goal = 102;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    flush_after(0);
    assert_nothing_sealed();
    assert_true(offer(0, 101, "{\"article\":\"/a\"}"));
    flush_after(0);
    assert_int_equal(committed_batch()->to, 102);
}

static void an_open_batch_without_events_stays_open(void **state)
{
    (void)state;
    assert_true(pv_intake_open(&intake, partition(0)));
    flush_after(INT64_C(10) * INTERVAL_MS);
    assert_nothing_sealed();
}

static void what_has_nothing_to_count_is_passed(void **state)
{
    (void)state;
    partition(0)->log_end = 105; /* five markers of transactions */
    flush_after(0);
    assert_int_equal(partition(0)->next, 105);
    flush_after(INTERVAL_MS);
    assert_int_equal(committed_batch()->events, 0);
    assert_int_equal(partition(0)->committed, 105);
}

static void an_idle_partition_is_verified_now_and_then(void **state)
{
    (void)state;
    flush_after(VERIFY_MS - 1);
    assert_nothing_sealed();
    flush_after(1);
    collect(1);
    assert_false(partition(0)->needs_seek);
    flush_after(VERIFY_MS - 1);
    assert_nothing_sealed();
    fence_store(fence, "pageviews/0", "40"); /* Redis went back */
    flush_after(1);
    collect(1);
    assert_true(partition(0)->needs_seek);
    assert_int_equal(partition(0)->committed, 40);
}

static void a_partition_whose_batch_is_under_way_is_not_verified(void **state)
{
    (void)state;
    partition(0)->in_flight = 1;
    flush_after(VERIFY_MS);
    assert_nothing_sealed();
}

static void by_the_clock_of_events_an_idle_partition_is_told_at_once_and_once(void **state)
{
    (void)state;
    options.clock = PV_CLOCK_EVENT;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    flush_after(INTERVAL_MS);
    assert_false(committed_batch()->idle); /* more may follow */
    flush_after(0);
    assert_nothing_sealed();
    partition(0)->log_end = 101;
    flush_after(0);
    assert_true(committed_batch()->idle);
    flush_after(0);
    assert_nothing_sealed();
    partition(0)->log_end = PV_OFFSET_NONE; /* another event, and nobody knows of how many */
    assert_true(offer(0, 101, "{\"article\":\"/a\"}"));
    flush_after(INTERVAL_MS);
    assert_false(partition(0)->idle_told);
}

static void by_the_wall_clock_nobody_is_told(void **state)
{
    (void)state;
    partition(0)->log_end = 100;
    flush_after(0);
    assert_nothing_sealed();
}

static void an_empty_batch_says_when_the_log_had_nothing_more(void **state)
{
    (void)state;
    partition(0)->caught_up_ms = NOW;
    flush_after(0);
    assert_int_equal(committed_batch()->caught_up_ms, NOW);
    flush_after(0);
    assert_nothing_sealed();
}

static void a_batch_with_events_does_not_say_that_the_log_had_nothing_more(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    partition(0)->caught_up_ms = NOW; /* before the event came */
    flush_after(INTERVAL_MS);
    assert_int_equal(committed_batch()->caught_up_ms, 0);
    flush_after(0);
    assert_nothing_sealed();
}

static void what_is_not_being_counted_is_left_alone(void **state)
{
    (void)state;
    partition(0)->needs_seek = true;
    partition(0)->caught_up_ms = partition(1)->caught_up_ms = NOW;
    flush_after(VERIFY_MS);
    assert_nothing_sealed();
}

static void visits_that_wait_are_given_their_turn(void **state)
{
    struct pv_error error;

    (void)state;
    partition(0)->waiting = 1;
    assert_int_equal(pv_redis_new(fence_options(fence), &turns.redis, &error), PV_OK);
    flush_after(1);
    assert_true(turns.retry_at_ms > intake.monotonic_ms); /* this Redis has no visits */
    pv_redis_destroy(turns.redis);
}

static void at_a_stop_every_open_batch_is_committed(void **state)
{
    (void)state;
    partition(1)->assigned = true;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_true(offer(1, 0, "{\"article\":\"/a\"}"));
    pv_flush_all(&flush, WAIT_MS);
    assert_int_equal(pv_committer_pending(intake.committer), 0);
    assert_int_equal(partition(0)->committed, 101);
    assert_int_equal(partition(1)->committed, 1);
}

static void a_stop_does_not_wait_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        fence_fail_next(fence, FENCE_REFUSE); /* tried again for many seconds */
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    pv_flush_all(&flush, 1); /* the test's time limit says whether it returns */
    assert_int_equal(pv_committer_pending(intake.committer), 1);
}

static void fetch_until(const bool *condition)
{
    int64_t until_ms = 0, offset = 0;
    int32_t id = 1;
    struct pv_error error;

    assert_int_equal(pv_kafka_consumer_start(consumer, &id, &offset, 1, &error), PV_OK);
    while (!*condition && !pv_kafka_consumer_has_refused(consumer)) {
        if (!look_again(&until_ms, WAIT_MS))
            fail_msg("not fetched within %d ms", WAIT_MS);
        pv_kafka_consumer_poll(consumer, POLL_MS);
    }
}

static void the_end_of_the_log_is_that_of_the_last_fetch(void **state)
{
    (void)state;
    at_end = false;
    messages_to_take = 3;
    fetch_until(&at_end);
    flush_after(INTERVAL_MS);
    assert_int_equal(partition(1)->high, 5);
    assert_false(committed_batch()->idle);
    messages_to_take = 5;
    fetch_until(&at_end);
    flush_after(INTERVAL_MS);
    assert_true(committed_batch()->idle);
    assert_int_equal(partition(1)->committed, 5);
}

static void brokers_are_asked_whether_the_log_has_nothing_more(void **state)
{
    struct pv_error error;
    int64_t until_ms = 0;

    (void)state;
    partition(1)->next = partition(1)->committed = 5;
    fence_store(fence, "pageviews/1", "5");
    assert_int_equal(pv_log_ends_new(consumer, &fixed_clock, &flush.log_ends, &error), PV_OK);
    flush_after(0);
    flush_after(VERIFY_MS);
    collect(1);
    while (partition(1)->in_flight == 0) {
        if (!look_again(&until_ms, WAIT_MS))
            fail_msg("no answer within %d ms", WAIT_MS);
        flush_after(0);
    }
    assert_int_equal(committed_batch()->caught_up_ms, NOW);
    pv_log_ends_destroy(flush.log_ends);
}

#undef TEST
#define TEST(name)             cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_WITH_BROKER(name) cmocka_unit_test_setup_teardown(name, begin_with_broker, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_sealed_when_it_is_old_enough),
        TEST(while_much_is_waiting_in_the_log_a_batch_gets_older),
        TEST(the_last_batch_before_the_end_is_sealed_at_once),
        TEST(an_open_batch_without_events_stays_open),
        TEST(what_has_nothing_to_count_is_passed),
        TEST(an_idle_partition_is_verified_now_and_then),
        TEST(a_partition_whose_batch_is_under_way_is_not_verified),
        TEST(by_the_clock_of_events_an_idle_partition_is_told_at_once_and_once),
        TEST(by_the_wall_clock_nobody_is_told),
        TEST(an_empty_batch_says_when_the_log_had_nothing_more),
        TEST(a_batch_with_events_does_not_say_that_the_log_had_nothing_more),
        TEST(what_is_not_being_counted_is_left_alone),
        TEST(visits_that_wait_are_given_their_turn),
        TEST(at_a_stop_every_open_batch_is_committed),
        TEST(a_stop_does_not_wait_for_ever),
        TEST_WITH_BROKER(the_end_of_the_log_is_that_of_the_last_fetch),
        TEST_WITH_BROKER(brokers_are_asked_whether_the_log_has_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
