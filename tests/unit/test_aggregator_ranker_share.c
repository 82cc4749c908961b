/* The ranker keeps to its share of Redis's time. */
#include "real_redis.h"

#include "aggregator/ranker/refresher.h"
#include "aggregator/ranker/share.h"

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

/* Runs turns that wait for Redis as long as told, each with its pause, on a clock of its own. */
static void assert_within_share(const int64_t *waits_us, size_t count, int64_t interval_ms)
{
    int64_t now_us = 0, waited_us = 0;

    for (size_t i = 0; i < count; i++) {
        waited_us += waits_us[i];
        now_us += waits_us[i] + 1000 * pv_share_pause_ms(waits_us[i], interval_ms);
        assert_true(PV_RANKER_SHARE * waited_us <= now_us);
    }
}

static void redis_is_left_nineteen_parts_of_twenty_whatever_it_takes(void **state)
{
    static const int64_t waits_us[] = {1,     49,      99,    999,      1001,
                                       50000, 7300001, 12345, 60000000, INT64_C(3600000000)};
    const size_t count = sizeof waits_us / sizeof *waits_us;

    (void)state;
    assert_int_equal(PV_RANKER_SHARE, 20);
    assert_within_share(waits_us, count, 0);
    assert_within_share(waits_us, count, 1);
    assert_within_share(waits_us, count, 1000);
}

static void a_cheap_turn_keeps_to_the_interval_and_a_dear_one_to_the_share(void **state)
{
    (void)state;
    assert_int_equal(pv_share_pause_ms(0, 1000), 1000);
    assert_int_equal(pv_share_pause_ms(50000, 1000), 1000);
    assert_int_equal(pv_share_pause_ms(50001, 1000), 1001);
    assert_int_equal(pv_share_pause_ms(3000000, 1000), 60000);
}

static void a_long_log_makes_rankings_rare_and_its_end_does_not_wait(void **state)
{
    (void)state;
    assert_true(pv_share_holds_back(1000, 1000, 1));
    assert_true(pv_share_holds_back(9999, 1000, 8));
    assert_false(
        pv_share_holds_back(10000, 1000, 8)); /* the lists of a long catching up move too */
    assert_false(pv_share_holds_back(1000, 1000, 0));
}

static int64_t read_wall(void *context)
{
    (void)context;
    return NOW;
}

static enum pv_status count_page(void *context, struct pv_error *why)
{
    (void)why;
    ++*(int *)context;
    return PV_OK;
}

/* Nothing is published in the second run: what is waited for then are counts. */
static void the_wait_for_counts_is_told_as_redis_s_time(void **state)
{
    static const struct pv_redis_options options = {.address = real_redis_address, .prefix = "pv:"};
    static const struct pv_clock wall = {read_wall, NULL};
    struct pv_ranker_metrics metrics = {0};
    const struct pv_ranker_config config = {
        .redis = &options, .clock = &wall, .max_articles = 1000, .metrics = &metrics};
    struct pv_refresher *refresher;
    int64_t waited_us = -1;
    int pages = 0;

    (void)state;
    COMMAND("FLUSHALL");
    COMMAND("HSET", "pv:views:2026-11-24T13:05", "/a", "3");
    assert_int_equal(pv_refresher_new(&config, redis, count_page, &pages, &refresher, &error),
                     PV_OK);
    assert_int_equal(pv_refresher_run(refresher, &waited_us, &error), PV_OK);
    assert_true(pv_metric_get(&metrics.lists_sent) > 0);
    assert_true(waited_us > 0);
    assert_int_equal(pv_metric_get(&metrics.redis_us), waited_us);
    assert_true(waited_us <= pv_metric_get(&metrics.refresh_us));
    pv_metric_set(&metrics.lists_sent, 0);
    pages = 0;
    assert_int_equal(pv_refresher_run(refresher, &waited_us, &error), PV_OK);
    assert_int_equal(pv_metric_get(&metrics.lists_sent), 0);
    assert_true(pages > 0);
    assert_true(waited_us > 0);
    assert_int_equal(pv_metric_get(&metrics.redis_us), waited_us);
    pv_refresher_destroy(refresher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_is_left_nineteen_parts_of_twenty_whatever_it_takes),
        cmocka_unit_test(a_cheap_turn_keeps_to_the_interval_and_a_dear_one_to_the_share),
        cmocka_unit_test(a_long_log_makes_rankings_rare_and_its_end_does_not_wait),
        cmocka_unit_test(the_wait_for_counts_is_told_as_redis_s_time),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
