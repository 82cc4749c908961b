/* From a message that is no view to a reason, and to the copy of what was rejected. */
#include "test_aggregator_intake.h"

static const char *kafka_properties[] = {"test.mock.num.brokers=1",
                                         "queue.buffering.max.messages=3"};
static struct pv_list kafka_property_list;
static struct pv_kafka_options kafka;
static pv_metric_value rejects_lost;

/* A topic of rejected events on a mock broker, or on one that is never there. */
static void start_rejects(bool reachable)
{
    struct pv_error error;

    kafka_property_list = reachable ? (struct pv_list){kafka_properties, 1}
                                    : (struct pv_list){kafka_properties + 1, 1};
    kafka = (struct pv_kafka_options){"127.0.0.1:1", "pageviews", &kafka_property_list};
    assert_int_equal(
        pv_kafka_rejects_new(&kafka, "pageviews.rejected", &rejects_lost, &intake.rejects, &error),
        PV_OK);
    config.rejects = intake.rejects; /* the committer reads it when it has a batch */
}

static int64_t filtered_on(int id, enum pv_reason reason, int64_t day_ms)
{
    const struct pv_batch *batch = partition(id)->open;

    for (size_t i = 0; i < batch->filtered_count; i++)
        if (batch->filtered[i].reason == reason && batch->filtered[i].day_ms == day_ms)
            return batch->filtered[i].count;
    return 0;
}

static int64_t filtered_total(enum pv_reason reason)
{
    return pv_metric_get(&metrics.filtered[reason]);
}

static void spiders_are_filtered_on_the_day_of_their_view(void **state)
{
    char value[96];

    (void)state;
    snprintf(value, sizeof value, "{\"article\":\"/a\",\"ts\":%lld,\"agent\":\"spider\"}",
             (long long)(TODAY - 1));
    assert_true(offer(0, 100, value));
    assert_true(offer(0, 101, "{\"article\":\"/a\",\"agent\":\"automated\"}"));
    assert_int_equal(filtered_on(0, PV_REASON_spider, YESTERDAY), 1);
    assert_int_equal(filtered_on(0, PV_REASON_automated, TODAY), 1);
    assert_int_equal(partition(0)->open->views, 0);
    assert_int_equal(partition(0)->open->rejected, 0);
    assert_int_equal(filtered_total(PV_REASON_spider), 1);
}

static void rejected_events_are_filtered_on_the_day_of_their_message(void **state)
{
    (void)state;
    start_rejects(true);
    assert_true(offer_at(0, 100, "{", TODAY - 1));
    assert_true(offer_at(0, 101, "{\"article\":\"/a\",\"ts\":99999999999999}", TODAY));
    assert_true(offer_at(0, 102, NULL, -1));                  /* no time at all: now */
    assert_true(offer_at(0, 103, "[]", NOW + 3 * PV_DAY_MS)); /* a wrong time: now */
    assert_true(offer_at(0, 104, "[]", NOW - 40 * PV_DAY_MS));
    assert_int_equal(filtered_on(0, PV_REASON_not_json, YESTERDAY), 1);
    assert_int_equal(filtered_on(0, PV_REASON_future, TODAY), 1);
    assert_int_equal(filtered_on(0, PV_REASON_not_json, TODAY), 1);
    assert_int_equal(filtered_on(0, PV_REASON_not_object, TODAY), 1);
    assert_int_equal(filtered_on(0, PV_REASON_not_object, TODAY - 40 * PV_DAY_MS), 1);
    assert_int_equal(partition(0)->open->rejected, 5);
}

static void a_batch_with_rejected_events_is_committed_once_their_copies_are_there(void **state)
{
    (void)state;
    start_rejects(true);
    assert_true(offer(0, 100, "{"));
    seal(0);
    collect(1);
    assert_int_equal(partition(0)->committed, 101);
    assert_int_equal(pv_metric_get(&rejects_lost), 0);
}

static void a_rejected_event_whose_copy_finds_no_room_is_refused(void **state)
{
    int64_t offset = 100;

    (void)state;
    start_rejects(false);
    while (offset < 200 && offer(0, offset, "{"))
        offset++;
    assert_int_equal(offset, 103); /* the queue of copies takes three */
    assert_false(offer(0, offset, "{"));
    assert_int_equal(partition(0)->open->events, 3);
    assert_int_equal(partition(0)->open->rejected, 3);
    assert_int_equal(partition(0)->next, 103);
    assert_int_equal(filtered_total(PV_REASON_not_json), 3);
}

static void a_batch_full_of_reasons_and_days_is_handed_over_before_a_copy_is_sent(void **state)
{
    (void)state;
    start_rejects(true);
    intake.pool.max = 1;
    for (int i = 0; i < PV_BATCH_FILTERED_MAX; i++)
        assert_true(offer_at(0, 100 + i, "{", NOW - i * PV_DAY_MS));
    assert_false(offer_at(0, 900, "{", NOW - 100 * PV_DAY_MS));
    assert_int_equal(partition(0)->in_flight, 1);
    assert_int_equal(filtered_total(PV_REASON_not_json), PV_BATCH_FILTERED_MAX);
    collect(1);
    assert_true(offer_at(0, 900, "{", NOW - 100 * PV_DAY_MS));
    assert_int_equal(partition(0)->open->events, 1);
    assert_int_equal(partition(0)->open->rejected, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(spiders_are_filtered_on_the_day_of_their_view),
        TEST(rejected_events_are_filtered_on_the_day_of_their_message),
        TEST(a_batch_with_rejected_events_is_committed_once_their_copies_are_there),
        TEST(a_rejected_event_whose_copy_finds_no_room_is_refused),
        TEST(a_batch_full_of_reasons_and_days_is_handed_over_before_a_copy_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
