/* From a message to a count: each message once, whatever Redis answers and however full it is. */
#include "test_aggregator_intake.h"

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

static int64_t views_of(const struct pv_batch *batch, const char *article)
{
    int64_t views = 0;

    for (size_t i = 0; i < batch->cell_count; i++) {
        const struct pv_batch_article *of = &batch->articles[batch->cells[i].article];

        if (of->length == strlen(article) &&
            memcmp(batch->texts.data + of->text_at, article, of->length) == 0)
            views += batch->cells[i].count;
    }
    return views;
}

static void events_that_are_read_ahead_count_as_what_they_are(void **state)
{
    static const struct {
        int32_t partition;
        int64_t offset;
        const char *value;
    } log[] = {
        {0, 100, "{\"article\":\"/a\"}"},
        {0, 101, "{\"article\":\"/escaped\\u0041\"}"},
        {0, 102, "no event"},
        {1, 0, "{\"article\":\"/b\"}"},
        {2, 0, "{\"article\":\"/nobody/counts/this\"}"},
        {0, 103, "{\"article\":\"/a\"}"},
        {0, 103, "{\"article\":\"/twice\"}"},
        {1, 1, "{\"article\":\"/escaped\\u0042\"}"},
        {1, 2, "{\"article\":\"/escaped\\u0043\"}"},
        {0, 104, "{\"article\":\"/c\"}"},
    };
    struct pv_kafka_message messages[sizeof log / sizeof *log];
    const size_t count = sizeof log / sizeof *log;

    (void)state;
    for (size_t i = 0; i < count; i++)
        messages[i] = (struct pv_kafka_message){
            .partition = log[i].partition,
            .offset = log[i].offset,
            .timestamp_ms = NOW,
            .value = log[i].value,
            .value_length = strlen(log[i].value),
            .was_next = i > 0,
        };
    for (size_t i = 0; i < count - 1; i++)
        assert_true(pv_intake_message(&intake, &messages[i], &messages[i + 1]));
    messages[count - 1].value = "{\"article\":\"/another\"}"; /* after a seek, say */
    messages[count - 1].value_length = strlen(messages[count - 1].value);
    messages[count - 1].was_next = false;
    assert_true(pv_intake_message(&intake, &messages[count - 1], NULL));
    assert_int_equal(views_of(partition(0)->open, "/a"), 2);
    assert_int_equal(views_of(partition(0)->open, "/escapedA"), 1);
    assert_int_equal(views_of(partition(0)->open, "/another"), 1);
    assert_int_equal(partition(0)->open->views, 4);
    assert_int_equal(views_of(partition(1)->open, "/b"), 1);
    assert_int_equal(views_of(partition(1)->open, "/escapedB"), 1);
    assert_int_equal(views_of(partition(1)->open, "/escapedC"), 1);
    assert_int_equal(partition(1)->open->views, 3);
    assert_int_equal(pv_metric_get(&metrics.replayed), 1);
    assert_int_equal(pv_metric_get(&metrics.filtered[PV_REASON_not_json]), 1);
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

/* Partition 0 remembers views for half an hour, and its counts have seen none later than NOW. */
static void remember_views(void)
{
    struct pv_error error;

    intake.repeat_budget.max_pairs = 100;
    assert_int_equal(pv_repeat_memory_new(30 * PV_MINUTE_MS, &intake.repeat_budget,
                                          &partition(0)->repeats, &error),
                     PV_OK);
    pv_repeat_memory_begin(partition(0)->repeats, NOW);
}

static void offer_visit(int64_t offset, int64_t ts_ms)
{
    char value[96];

    snprintf(value, sizeof value, "{\"article\":\"/a\",\"ts\":%lld,\"visitor\":\"v\"}",
             (long long)ts_ms);
    assert_true(offer(0, offset, value));
}

static int64_t repeats(void)
{
    return pv_metric_get(&metrics.filtered[PV_REASON_repeat]);
}

static void events_that_are_counted_already_are_read_again_for_repeats(void **state)
{
    (void)state;
    remember_views();
    offer_visit(90, NOW);
    assert_int_equal(pv_metric_get(&metrics.events), 0);
    offer_visit(100, NOW + 1);
    assert_int_equal(repeats(), 1);
}

static void
an_event_that_was_ahead_of_the_clock_is_not_remembered_when_it_is_read_again(void **state)
{
    (void)state;
    remember_views();
    offer_visit(90, NOW + 1);
    offer_visit(100, NOW + 2);
    assert_int_equal(repeats(), 0);
}

static void what_was_counted_is_remembered_though_the_clock_went_back(void **state)
{
    (void)state;
    remember_views();
    intake.now_ms = NOW - PV_HOUR_MS;
    offer_visit(90, NOW);
    intake.now_ms = NOW;
    offer_visit(100, NOW + 1);
    assert_int_equal(repeats(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(views_go_into_the_open_batch_of_their_partition),
        TEST(events_that_are_read_ahead_count_as_what_they_are),
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
        TEST(events_that_are_counted_already_are_read_again_for_repeats),
        TEST(an_event_that_was_ahead_of_the_clock_is_not_remembered_when_it_is_read_again),
        TEST(what_was_counted_is_remembered_though_the_clock_went_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
