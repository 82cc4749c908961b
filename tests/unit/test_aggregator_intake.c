/* From a message to a count: each message once, whatever Redis answers and however full it is. */
#include "aggregator_redis.h"
#include "test_pageview_support.h"

#include "aggregator/intake.h"
#include "pageview/bucket.h"

#define NOW       INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define TODAY     (NOW / PV_DAY_MS * PV_DAY_MS)
#define YESTERDAY (TODAY - PV_DAY_MS)

enum { MAX_CELLS = 100, WAIT_MS = 10000 };

static struct fence *fence;
static struct pv_aggregator_metrics metrics;
static struct pv_intake intake;
static const struct pv_retention retention = {7200000, 691200000, 34560000000};
static const struct pv_commit_context commits = {
    .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 3};
static struct pv_committer_config config;
static const char *kafka_properties[] = {"test.mock.num.brokers=1",
                                         "queue.buffering.max.messages=3"};
static struct pv_list kafka_property_list;
static struct pv_kafka_options kafka;
static pv_metric_value rejects_lost;

static int64_t fixed_now_ms(void *context)
{
    (void)context;
    return NOW;
}
static const struct pv_clock fixed_clock = {fixed_now_ms, NULL};

/* Two partitions: 0 at offset 100, 1 at the beginning of its log. */
static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    fence = fence_start();
    fence_store(fence, "pageviews/0", "100");
    memset(&metrics, 0, sizeof metrics);
    intake = (struct pv_intake){
        .pool = {.max_cells = MAX_CELLS, .max = 8}, .metrics = &metrics, .now_ms = NOW};
    config = (struct pv_committer_config){
        fence_options(fence), &commits, &fixed_clock, MAX_CELLS, NULL, &metrics,
    };
    if (pv_committer_new(&config, &intake.committer, &error) != PV_OK ||
        pv_event_parser_new(&intake.parser, &error) != PV_OK ||
        pv_event_facts_init(&intake.facts, true, &error) != PV_OK ||
        pv_partitions_grow(&intake.partitions, 3, &error) != PV_OK)
        return -1;
    pv_partition_begin(&intake.partitions.items[0], 100, NOW);
    pv_partition_begin(&intake.partitions.items[1], PV_OFFSET_NONE, NOW);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < intake.partitions.count; i++)
        pv_intake_void(&intake, &intake.partitions.items[i]);
    pv_committer_destroy(intake.committer);
    fence_stop(fence);
    pv_kafka_rejects_destroy(intake.rejects);
    pv_event_parser_destroy(intake.parser);
    pv_event_facts_clean_up(&intake.facts);
    pv_batch_pool_clean_up(&intake.pool);
    pv_partitions_clean_up(&intake.partitions);
    return 0;
}

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

static struct pv_partition *partition(int id)
{
    return &intake.partitions.items[id];
}

static bool offer_at(int32_t id, int64_t offset, const char *value, int64_t timestamp_ms)
{
    const struct pv_kafka_message message = {
        .partition = id,
        .offset = offset,
        .timestamp_ms = timestamp_ms,
        .value = value,
        .value_length = value != NULL ? strlen(value) : 0,
    };

    return pv_intake_message(&intake, &message);
}

static bool offer(int32_t id, int64_t offset, const char *value)
{
    return offer_at(id, offset, value, NOW);
}

static void seal(int id)
{
    pv_intake_seal(&intake, partition(id));
}

/* Takes results until `count` came. */
static void collect(size_t count)
{
    for (size_t came = 0; came < count;) {
        size_t more = pv_intake_collect(&intake, WAIT_MS);

        assert_int_not_equal(more, 0);
        came += more;
    }
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

static void views_go_into_the_open_batch_of_their_partition(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_true(offer(1, 0, "{\"article\":\"/b\"}"));
    assert_true(offer(0, 103, "{\"article\":\"/a\"}"));
    assert_int_equal(partition(0)->open->views, 2);
    assert_int_equal(partition(0)->open->from, 100);
    assert_int_equal(partition(0)->open->to, 104);
    assert_int_equal(partition(0)->next, 104);
    assert_int_equal(partition(1)->open->views, 1);
    assert_int_equal(partition(1)->open->from, PV_OFFSET_NONE);
    assert_int_equal(pv_metric_get(&metrics.events), 3);
    assert_int_equal(pv_metric_get(&metrics.views), 3);
}

static void a_replayed_message_is_passed_over(void **state)
{
    (void)state;
    assert_true(offer(0, 99, "{\"article\":\"/a\"}"));
    assert_null(partition(0)->open);
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_int_equal(partition(0)->open->views, 1);
    seal(0);
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_null(partition(0)->open);
    assert_int_equal(pv_metric_get(&metrics.views), 1);
    assert_int_equal(pv_metric_get(&metrics.replayed), 3);
}

static void a_message_of_a_partition_that_is_not_counted_is_passed_over(void **state)
{
    (void)state;
    assert_true(offer(2, 0, "{\"article\":\"/a\"}"));
    assert_true(offer(77, 0, "{\"article\":\"/a\"}"));
    partition(0)->needs_seek = true;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    assert_null(partition(0)->open);
    assert_null(partition(2)->open);
    assert_int_equal(partition(0)->next, 100);
    assert_int_equal(pv_metric_get(&metrics.events), 0);
}

static void a_committed_batch_moves_the_committed_offset(void **state)
{
    struct fence_call call;

    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    seal(0);
    assert_int_equal(partition(0)->in_flight, 1);
    assert_int_equal(partition(0)->committed, 100);
    collect(1);
    assert_int_equal(partition(0)->committed, 101);
    assert_true(pv_partition_is_settled(partition(0)));
    fence_wait_calls(fence, 1, &call);
    assert_string_equal(call.from, "100");
    assert_string_equal(call.to, "101");
}

static void the_next_batch_begins_where_the_sealed_one_ends(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    seal(0);
    assert_true(offer(0, 107, "{\"article\":\"/a\"}"));
    assert_int_equal(partition(0)->open->from, 101);
    seal(0);
    collect(2);
    assert_int_equal(partition(0)->committed, 108);
    assert_false(partition(0)->needs_seek);
}

static void a_stale_answer_voids_the_partition_and_asks_for_a_seek(void **state)
{
    (void)state;
    fence_store(fence, "pageviews/0", "40");
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    seal(0);
    assert_true(offer(0, 101, "{\"article\":\"/a\"}"));
    assert_true(offer(1, 0, "{\"article\":\"/a\"}"));
    collect(1);
    assert_true(partition(0)->needs_seek);
    assert_int_equal(partition(0)->committed, 40);
    assert_true(pv_partition_is_settled(partition(0)));
    assert_false(partition(1)->needs_seek);
    assert_int_equal(partition(1)->open->views, 1);
    assert_true(offer(0, 102, "{\"article\":\"/a\"}"));
    assert_null(partition(0)->open);
}

static void answers_for_batches_of_an_older_epoch_are_ignored(void **state)
{
    (void)state;
    fence_store(fence, "pageviews/0", "40");
    for (int64_t offset = 100; offset < 103; offset++) {
        assert_true(offer(0, offset, "{\"article\":\"/a\"}"));
        seal(0);
    }
    collect(1);
    assert_true(partition(0)->needs_seek);
    pv_partition_begin(partition(0), 40, NOW); /* the seek is done */
    assert_true(offer(0, 40, "{\"article\":\"/a\"}"));
    seal(0);
    for (int i = 0; i < 3 && partition(0)->in_flight > 0; i++)
        collect(1);
    assert_false(partition(0)->needs_seek);
    assert_int_equal(partition(0)->committed, 41);
    assert_true(pv_partition_is_settled(partition(0)));
    assert_int_equal(intake.pool.made, 3);
}

static void batches_of_a_partition_given_back_change_nothing_when_they_are_answered(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    seal(0);
    pv_intake_void(&intake, partition(0));
    partition(0)->assigned = false;
    collect(1);
    assert_int_equal(partition(0)->committed, 100);
    assert_int_equal(partition(0)->in_flight, 0);
    pv_partition_begin(partition(0), 101, NOW); /* given again */
    assert_true(offer(0, 101, "{\"article\":\"/a\"}"));
    assert_int_equal(partition(0)->open->from, 101);
}

static void voiding_gives_the_open_batch_back(void **state)
{
    (void)state;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    pv_intake_void(&intake, partition(0));
    assert_null(partition(0)->open);
    pv_partition_begin(partition(0), 100, NOW);
    assert_true(offer(0, 100, "{\"article\":\"/b\"}"));
    assert_int_equal(partition(0)->open->views, 1);
    assert_int_equal(intake.pool.made, 1);
}

static void a_full_batch_is_handed_over_and_another_opened(void **state)
{
    char value[64];

    (void)state;
    for (int i = 0; i <= MAX_CELLS; i++) {
        snprintf(value, sizeof value, "{\"article\":\"/%d\"}", i);
        assert_true(offer(0, 100 + i, value));
    }
    assert_int_equal(partition(0)->in_flight, 1);
    assert_int_equal(partition(0)->open->from, 100 + MAX_CELLS);
    assert_int_equal(partition(0)->open->views, 1);
    collect(1);
    assert_int_equal(partition(0)->committed, 100 + MAX_CELLS);
}

static void a_message_without_a_free_batch_is_refused_and_counted_once_later(void **state)
{
    (void)state;
    intake.pool.max = 1;
    assert_true(offer(0, 100, "{\"article\":\"/a\"}"));
    for (int i = 0; i < 3; i++)
        assert_false(offer(1, 0, "{\"article\":\"/b\"}"));
    assert_int_equal(partition(1)->next, PV_OFFSET_NONE);
    assert_int_equal(pv_metric_get(&metrics.events), 1);
    seal(0);
    assert_false(offer(1, 0, "{\"article\":\"/b\"}"));
    collect(1);
    assert_true(offer(1, 0, "{\"article\":\"/b\"}"));
    assert_true(offer(1, 0, "{\"article\":\"/b\"}"));
    assert_int_equal(partition(1)->open->views, 1);
    assert_int_equal(pv_metric_get(&metrics.views), 2);
}

static void a_message_that_fills_the_last_batch_is_refused_and_counted_once_later(void **state)
{
    char value[64];

    (void)state;
    intake.pool.max = 1;
    for (int i = 0; i < MAX_CELLS; i++) {
        snprintf(value, sizeof value, "{\"article\":\"/%d\"}", i);
        assert_true(offer(0, 100 + i, value));
    }
    assert_false(offer(0, 100 + MAX_CELLS, "{\"article\":\"/new\"}"));
    assert_false(offer(0, 100 + MAX_CELLS, "{\"article\":\"/new\"}"));
    assert_int_equal(partition(0)->next, 100 + MAX_CELLS);
    collect(1);
    assert_true(offer(0, 100 + MAX_CELLS, "{\"article\":\"/new\"}"));
    assert_int_equal(partition(0)->open->from, 100 + MAX_CELLS);
    assert_int_equal(partition(0)->open->views, 1);
    assert_int_equal(pv_metric_get(&metrics.views), MAX_CELLS + 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(views_go_into_the_open_batch_of_their_partition),
        TEST(a_replayed_message_is_passed_over),
        TEST(a_message_of_a_partition_that_is_not_counted_is_passed_over),
        TEST(a_committed_batch_moves_the_committed_offset),
        TEST(the_next_batch_begins_where_the_sealed_one_ends),
        TEST(a_stale_answer_voids_the_partition_and_asks_for_a_seek),
        TEST(answers_for_batches_of_an_older_epoch_are_ignored),
        TEST(batches_of_a_partition_given_back_change_nothing_when_they_are_answered),
        TEST(voiding_gives_the_open_batch_back),
        TEST(a_full_batch_is_handed_over_and_another_opened),
        TEST(a_message_without_a_free_batch_is_refused_and_counted_once_later),
        TEST(a_message_that_fills_the_last_batch_is_refused_and_counted_once_later),
        TEST(spiders_are_filtered_on_the_day_of_their_view),
        TEST(rejected_events_are_filtered_on_the_day_of_their_message),
        TEST(a_batch_with_rejected_events_is_committed_once_their_copies_are_there),
        TEST(a_rejected_event_whose_copy_finds_no_room_is_refused),
        TEST(a_batch_full_of_reasons_and_days_is_handed_over_before_a_copy_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
