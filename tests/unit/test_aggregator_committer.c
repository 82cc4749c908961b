/* The committer against a Redis that fails: every batch comes back answered for, in its order. */
#define _GNU_SOURCE /* syscall */

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aggregator_redis.h"
#include "test_pageview_support.h"

#include "aggregator/committer.h"

enum { MAX_CELLS = 100, WAIT_MS = 10000 };

static struct fence *fence;
static struct pv_committer *committer;
static struct pv_aggregator_metrics metrics;
static const struct pv_retention retention = {7200000, 691200000, 34560000000};
static const struct pv_commit_context commits = {
    .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 3};
static struct pv_committer_config config;

static int64_t fixed_now_ms(void *context)
{
    (void)context;
    return INT64_C(1795525507000);
}
static const struct pv_clock fixed_clock = {fixed_now_ms, NULL};

static atomic_int wall_ahead_s; /* of the kernel's clock: it was set back since */

/* In the place of libc's. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);

    if (id == CLOCK_REALTIME)
        now->tv_sec += wall_ahead_s;
    return result;
}

static void start_committer(const struct pv_redis_options *redis)
{
    struct pv_error error;

    memset(&metrics, 0, sizeof metrics);
    config = (struct pv_committer_config){
        redis, &commits, &fixed_clock, MAX_CELLS, NULL, &metrics,
    };
    assert_int_equal(pv_committer_new(&config, &committer, &error), PV_OK);
}

static int set_up(void **state)
{
    (void)state;
    fence = fence_start();
    start_committer(fence_options(fence));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_committer_destroy(committer);
    committer = NULL;
    fence_stop(fence);
    fence = NULL;
    return 0;
}

static void submit(int32_t partition, int64_t from, int64_t to)
{
    struct pv_batch *batch;
    struct pv_error error;

    assert_int_equal(pv_batch_new(MAX_CELLS, &batch, &error), PV_OK);
    pv_batch_open(batch, partition, from, fixed_now_ms(NULL));
    for (int64_t offset = from < 0 ? 0 : from; offset < to; offset++)
        assert_true(
            pv_batch_add_view(batch, offset, (struct pv_text){"/a", 2}, fixed_now_ms(NULL)));
    pv_committer_submit(committer, batch);
}

/* The next batch that comes back is this one, and Redis said this of it. */
static void assert_result(int32_t partition, int64_t to, bool stale)
{
    struct pv_batch *batch = pv_committer_next_result(committer, WAIT_MS);

    assert_non_null(batch);
    assert_int_equal(batch->partition, partition);
    assert_int_equal(batch->to, to);
    assert_int_equal(batch->stale, stale);
    pv_batch_destroy(batch);
}

static void assert_call(const struct fence_call *call, const char *field, const char *to,
                        const char *answer)
{
    assert_string_equal(call->field, field);
    assert_string_equal(call->to, to);
    assert_string_equal(call->answer, answer);
}

static void a_committed_batch_comes_back(void **state)
{
    struct fence_call call;

    (void)state;
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    fence_wait_calls(fence, 1, &call);
    assert_string_equal(call.from, "");
    assert_call(&call, "pageviews/0", "5", "ok");
    assert_int_equal(pv_committer_pending(committer), 0);
    assert_int_equal(pv_metric_get(&metrics.commits), 1);
    assert_null(pv_committer_next_result(committer, 0));
}

static void a_batch_whose_reply_was_lost_is_sent_again_and_counts_once(void **state)
{
    struct fence_call calls[2];

    (void)state;
    fence_fail_next(fence, FENCE_LOSE_REPLY);
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    fence_wait_calls(fence, 2, calls);
    assert_call(&calls[0], "pageviews/0", "5", "ok");
    assert_call(&calls[1], "pageviews/0", "5", "already");
    assert_string_equal(calls[1].from, "");
    assert_int_equal(pv_metric_get(&metrics.already), 1);
}

static void a_batch_whose_call_was_lost_is_sent_again(void **state)
{
    struct fence_call calls[2];

    (void)state;
    fence_fail_next(fence, FENCE_LOSE_CALL);
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    fence_wait_calls(fence, 2, calls);
    assert_call(&calls[1], "pageviews/0", "5", "ok");
}

static void batches_of_a_partition_arrive_in_order_whatever_is_lost(void **state)
{
    enum { PARTITIONS = 4, BATCHES = 25, CALLS = 100 };
    struct fence_call calls[CALLS];
    int64_t done[PARTITIONS] = {0};

    (void)state;
    fence_fail_next(fence, FENCE_LOSE_REPLY);
    fence_fail_next(fence, FENCE_LOSE_CALL);
    fence_fail_next(fence, FENCE_LOSE_REPLY);
    fence_fail_next(fence, FENCE_REFUSE); /* the connection stays: the next would overtake it */
    for (int64_t i = 0; i < BATCHES; i++)
        for (int32_t partition = 0; partition < PARTITIONS; partition++)
            submit(partition, i == 0 ? PV_OFFSET_NONE : i * 3, i * 3 + 3);
    for (int i = 0; i < CALLS; i++) {
        struct pv_batch *batch = pv_committer_next_result(committer, WAIT_MS);

        assert_non_null(batch);
        assert_false(batch->stale);
        assert_int_equal(batch->to, done[batch->partition] + 3);
        done[batch->partition] = batch->to;
        pv_batch_destroy(batch);
    }
    fence_wait_calls(fence, CALLS, calls);
    for (int i = 0; i < CALLS; i++)
        assert_string_not_equal(calls[i].answer, "stale");
}

static void a_stale_batch_comes_back_with_what_is_stored(void **state)
{
    struct pv_batch *batch;

    (void)state;
    fence_store(fence, "pageviews/3", "40");
    submit(3, 50, 60);
    batch = pv_committer_next_result(committer, WAIT_MS);
    assert_non_null(batch);
    assert_true(batch->stale);
    assert_int_equal(batch->stored, 40);
    pv_batch_destroy(batch);
    submit(4, 50, 60);
    batch = pv_committer_next_result(committer, WAIT_MS);
    assert_non_null(batch);
    assert_true(batch->stale);
    assert_int_equal(batch->stored, PV_OFFSET_NONE);
    pv_batch_destroy(batch);
    assert_int_equal(pv_metric_get(&metrics.stale), 2);
}

static void an_empty_batch_only_asks(void **state)
{
    struct fence_call call;

    (void)state;
    fence_store(fence, "pageviews/3", "40");
    submit(3, 40, 40);
    assert_result(3, 40, false);
    fence_wait_calls(fence, 1, &call);
    assert_call(&call, "pageviews/3", "40", "already");
    assert_int_equal(pv_metric_get(&metrics.already), 0);
}

static void a_refused_batch_is_tried_again(void **state)
{
    struct fence_call calls[2];

    (void)state;
    fence_fail_next(fence, FENCE_REFUSE);
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    fence_wait_calls(fence, 2, calls);
    assert_call(&calls[0], "pageviews/0", "5", "fault");
    assert_call(&calls[1], "pageviews/0", "5", "ok");
    assert_int_equal(pv_metric_get(&metrics.redis_errors), 1);
    assert_int_equal(fence_loads(fence), 0);
}

static void a_missing_library_is_loaded_again(void **state)
{
    (void)state;
    fence_fail_next(fence, FENCE_NO_FUNCTION);
    submit(0, PV_OFFSET_NONE, 5);
    submit(1, PV_OFFSET_NONE, 5);
    for (int i = 0; i < 2; i++) {
        struct pv_batch *batch = pv_committer_next_result(committer, WAIT_MS);

        assert_non_null(batch);
        assert_false(batch->stale);
        pv_batch_destroy(batch);
    }
    assert_int_equal(fence_loads(fence), 1);
}

static void an_answer_that_is_not_understood_is_not_taken_for_a_commit(void **state)
{
    struct fence_call calls[2];

    (void)state;
    fence_fail_next(fence, FENCE_ODD_ANSWER);
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    fence_wait_calls(fence, 2, calls); /* it was sent again */
    assert_call(&calls[1], "pageviews/0", "5", "ok");
}

static void it_ends_while_redis_is_away(void **state)
{
    const struct pv_redis_options nowhere = {.address = "unix:/tmp/pv-unit-no-such-socket",
                                             .prefix = "pv:"};

    (void)state;
    start_committer(&nowhere);
    for (int32_t partition = 0; partition < 30; partition++)
        submit(partition, PV_OFFSET_NONE, 5);
    assert_null(pv_committer_next_result(committer, 300)); /* it is trying */
    assert_int_equal(pv_committer_pending(committer), 30);
    pv_committer_destroy(committer); /* the test's time limit says whether it ends */
    committer = NULL;
}

static void no_wait_gets_longer_when_the_wall_clock_is_set_back(void **state)
{
    (void)state;
    wall_ahead_s = 3600;
    fence_fail_next(fence, FENCE_REFUSE); /* it pauses */
    submit(0, PV_OFFSET_NONE, 5);
    assert_result(0, 5, false);
    assert_null(pv_committer_next_result(committer, 10)); /* the test's time limit says so */
    wall_ahead_s = 0;
}

static void it_ends_while_redis_hangs(void **state)
{
    struct fence_call call;

    (void)state;
    fence_fail_next(fence, FENCE_SILENCE);
    submit(0, PV_OFFSET_NONE, 5);
    fence_wait_calls(fence, 1, &call);
    pv_committer_destroy(committer);
    committer = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_committed_batch_comes_back),
        TEST(a_batch_whose_reply_was_lost_is_sent_again_and_counts_once),
        TEST(a_batch_whose_call_was_lost_is_sent_again),
        TEST(batches_of_a_partition_arrive_in_order_whatever_is_lost),
        TEST(a_stale_batch_comes_back_with_what_is_stored),
        TEST(an_empty_batch_only_asks),
        TEST(a_refused_batch_is_tried_again),
        TEST(a_missing_library_is_loaded_again),
        TEST(an_answer_that_is_not_understood_is_not_taken_for_a_commit),
        cmocka_unit_test_teardown(it_ends_while_redis_is_away, tear_down),
        TEST(no_wait_gets_longer_when_the_wall_clock_is_set_back),
        TEST(it_ends_while_redis_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
