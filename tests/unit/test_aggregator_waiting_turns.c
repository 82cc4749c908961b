/* When visits that wait in Redis become visitors. */
#include "real_redis.h"

#include "aggregator/waiting_turns.h"
#include "aggregator/waiting_visits.h"
#include "pageview/bucket.h"

#define NOW      INT64_C(4102491907000) /* 2100-01-01T13:05:07Z: nothing expires by Redis's clock */
#define VISITORS "pv:visitors:2100-01-01:/a"
#define FAR      INT64_C(1000000000) /* events */
#define LATER_MS INT64_C(1000000)

static const struct pv_retention retention = {7200000, 691200000, 34560000000};
static struct pv_commit_context context;
static struct pv_aggregator_metrics metrics;
static struct pv_partition partition;
static struct pv_waiting_turns turns;

static int64_t now(void *unused)
{
    (void)unused;
    return NOW;
}
static const struct pv_clock wall_clock = {now, NULL};

/* A view of /a is counted, and nothing waits. */
static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    COMMAND("HSET", "pv:views", "/a", "1");
    COMMAND("CONFIG", "RESETSTAT");
    memset(&metrics, 0, sizeof metrics);
    context = (struct pv_commit_context){
        .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 1};
    partition = (struct pv_partition){.assigned = true, .committed = 100, .high = 100, .goal = FAR};
    turns = (struct pv_waiting_turns){
        .redis = redis, .context = &context, .clock = &wall_clock, .metrics = &metrics};
    return 0;
}

/* What a batch with one visitor of /a leaves. */
static void write_visit(struct pv_buffer *value)
{
    const uint32_t day = (uint32_t)(NOW / PV_DAY_MS * (PV_DAY_MS / PV_MINUTE_MS));
    struct pv_batch *batch;

    assert_int_equal(pv_batch_new(10, &batch, &error), PV_OK);
    pv_batch_open(batch, 0, 0, 0);
    assert_true(pv_batch_add_view(batch, 0, (struct pv_text){"/a", 2}, NOW));
    assert_true(pv_batch_facts_visit(&batch->facts, 0, day, (struct pv_hll_place){7, 3}, true));
    pv_batch_facts_sort(&batch->facts);
    pv_waiting_visits_write(value, batch);
    pv_batch_destroy(batch);
}

/* One more value waits, of a batch that ended at `offset`. */
static void let_wait(int offset)
{
    char field[32];
    struct pv_buffer value = {0};
    struct pv_redis_reply *answer;
    const char *arguments[] = {"HSET", "pv:waiting", field, NULL};
    size_t lengths[] = {strlen("HSET"), strlen("pv:waiting"),
                        (size_t)snprintf(field, sizeof field, "pageviews/0/%d", offset), 0};

    write_visit(&value);
    arguments[3] = value.data;
    lengths[3] = value.length;
    assert_int_equal(pv_redis_command(redis, 4, arguments, lengths, &answer, &error), PV_OK);
    pv_redis_reply_destroy(answer);
    pv_buffer_clean_up(&value);
    partition.waiting++;
}

static void assert_merged(void)
{
    assert_int_equal(redis_number("PFCOUNT", VISITORS, NULL), 1);
    assert_int_equal(redis_number("HLEN", "pv:waiting", NULL), 0);
    assert_int_equal(partition.waiting, 0);
}

static void assert_still_waiting(size_t count)
{
    assert_int_equal(redis_number("EXISTS", VISITORS, NULL), 0);
    assert_int_equal(redis_number("HLEN", "pv:waiting", NULL), count);
    assert_int_equal(partition.waiting, count);
}

static void visits_are_merged_near_the_end_of_the_log(void **state)
{
    (void)state;
    let_wait(90);
    let_wait(100);
    partition.high = FAR;
    pv_waiting_turn(&turns, &partition, 0);
    assert_still_waiting(2);
    partition.high = 200;
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
}

static void visits_that_are_under_way_are_waited_for(void **state)
{
    (void)state;
    let_wait(100);
    partition.in_flight = 1;
    pv_waiting_turn(&turns, &partition, 0);
    assert_still_waiting(1);
    partition.in_flight = 0;
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
}

static void many_are_merged_wherever_the_partition_stands(void **state)
{
    (void)state;
    partition.high = FAR;
    partition.in_flight = 1;
    for (int i = 1; i < PV_WAITING_VALUES_MAX; i++)
        let_wait(i);
    pv_waiting_turn(&turns, &partition, 0);
    assert_still_waiting(PV_WAITING_VALUES_MAX - 1);
    let_wait(100);
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
}

static void a_program_that_ends_at_the_end_merges_when_it_is_there(void **state)
{
    (void)state;
    let_wait(100);
    partition.high = FAR; /* others write on */
    partition.goal = 100;
    pv_waiting_turn(&turns, &partition, 0);
    assert_still_waiting(1);
    turns.exit_at_end = true;
    partition.high = 100;
    pv_waiting_turn(&turns, &partition, 0);
    assert_still_waiting(1); /* other partitions are not at their ends */
    turns.counted = true;
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
}

static void nothing_is_asked_of_redis_when_nothing_waits(void **state)
{
    (void)state;
    pv_waiting_turn(&turns, &partition, 0);
    pv_waiting_end(&turns, &partition);
    assert_int_equal(redis_calls("hscan"), 0);
}

static void later_batches_wait_only_while_one_that_waits_is_under_way(void **state)
{
    (void)state;
    let_wait(100);
    partition.visits_wait = true;
    partition.in_flight = 1;
    partition.waiting = PV_WAITING_VALUES_MAX;
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
    assert_true(partition.visits_wait);
    let_wait(110);
    partition.in_flight = 0;
    pv_waiting_turn(&turns, &partition, 0);
    assert_false(partition.visits_wait);
}

static void a_redis_that_is_away_is_tried_again_later_and_later(void **state)
{
    static const struct pv_redis_options nowhere = {.address = "unix:/tmp/pv-unit-no-such-socket",
                                                    .prefix = "pv:"};
    int64_t pause_ms = 0;

    (void)state;
    let_wait(100);
    assert_int_equal(pv_redis_new(&nowhere, &turns.redis, &error), PV_OK);
    for (int i = 0; i < 3; i++) {
        int64_t now_ms = turns.retry_at_ms;

        pv_waiting_turn(&turns, &partition, now_ms);
        assert_true(turns.retry_at_ms - now_ms > pause_ms);
        pause_ms = turns.retry_at_ms - now_ms;
    }
    pv_redis_destroy(turns.redis);
    turns.redis = redis;
    pv_waiting_turn(&turns, &partition, turns.retry_at_ms - 1);
    assert_still_waiting(1);
    pv_waiting_turn(&turns, &partition, turns.retry_at_ms);
    assert_merged();
    assert_int_equal(turns.backoff.last_ms, 0);
}

static void a_library_that_redis_lost_is_loaded_for_the_next_try(void **state)
{
    (void)state;
    let_wait(100);
    COMMAND("FUNCTION", "FLUSH");
    pv_waiting_turn(&turns, &partition, 0);
    assert_int_equal(redis_number("HLEN", "pv:waiting", NULL), 1);
    assert_int_equal(partition.waiting, 1);
    pv_waiting_turn(&turns, &partition, turns.retry_at_ms);
    assert_merged();
}

static void what_cannot_be_written_or_read_is_told_and_removed(void **state)
{
    (void)state;
    let_wait(100);
    COMMAND("SET", VISITORS, "somebody else's");
    COMMAND("HSET", "pv:waiting", "pageviews/0/50", "no visits");
    pv_waiting_turn(&turns, &partition, 0);
    assert_int_equal(pv_metric_get(&metrics.facts_refused), 2);
    assert_int_equal(redis_number("HLEN", "pv:waiting", NULL), 0);
    assert_int_equal(partition.waiting, 0);
}

static void visitors_whose_time_is_over_by_the_clock_of_events_are_left_out(void **state)
{
    (void)state;
    context.by_events = true;
    pv_metric_set(&metrics.event_clock_ms, NOW + 40 * PV_DAY_MS);
    let_wait(100);
    pv_waiting_turn(&turns, &partition, 0);
    assert_int_equal(redis_number("EXISTS", VISITORS, NULL), 0);
    assert_int_equal(redis_number("HLEN", "pv:waiting", NULL), 0);
    pv_metric_set(&metrics.event_clock_ms, NOW);
    let_wait(110);
    pv_waiting_turn(&turns, &partition, 0);
    assert_merged();
}

static void at_a_stop_all_are_merged_at_once(void **state)
{
    (void)state;
    let_wait(100);
    partition.high = FAR;
    turns.retry_at_ms = LATER_MS;
    pv_waiting_end(&turns, &partition);
    assert_merged();
}

static void at_a_stop_those_of_other_aggregators_are_left(void **state)
{
    (void)state;
    let_wait(100);
    partition.assigned = false;
    pv_waiting_end(&turns, &partition);
    assert_still_waiting(1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(visits_are_merged_near_the_end_of_the_log),
        TEST(visits_that_are_under_way_are_waited_for),
        TEST(many_are_merged_wherever_the_partition_stands),
        TEST(a_program_that_ends_at_the_end_merges_when_it_is_there),
        TEST(nothing_is_asked_of_redis_when_nothing_waits),
        TEST(later_batches_wait_only_while_one_that_waits_is_under_way),
        TEST(a_redis_that_is_away_is_tried_again_later_and_later),
        TEST(a_library_that_redis_lost_is_loaded_for_the_next_try),
        TEST(what_cannot_be_written_or_read_is_told_and_removed),
        TEST(visitors_whose_time_is_over_by_the_clock_of_events_are_left_out),
        TEST(at_a_stop_all_are_merged_at_once),
        TEST(at_a_stop_those_of_other_aggregators_are_left),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
