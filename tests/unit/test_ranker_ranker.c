/* The ranker's thread: lists in Redis follow the counts in Redis, whatever happens to either. */
#include "real_redis.h"

#include "waiting.h"

#include "aggregator/ranker/ranker.h"

#define MINUTE_MS INT64_C(60000)
#define NOW       INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define LOCK      "pv:ranker"

enum { WAIT_MS = 10000 };

static struct pv_redis_options options = {.address = real_redis_address, .prefix = "pv:"};
static _Atomic int64_t wall_ms;
static struct pv_ranker_metrics metrics, other_metrics;
static struct pv_ranker *ranker;

static int64_t read_wall(void *context)
{
    (void)context;
    return wall_ms;
}

static const struct pv_clock wall = {read_wall, NULL};
static const struct pv_ranker_config config = {.redis = &options,
                                               .clock = &wall,
                                               .interval_ms = 10,
                                               .max_articles = 1000,
                                               .metrics = &metrics};

static int begin(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    COMMAND("FLUSHALL");
    memset(&metrics, 0, sizeof metrics);
    memset(&other_metrics, 0, sizeof other_metrics);
    wall_ms = NOW;
    ranker = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    pv_ranker_destroy(ranker);
    ranker = NULL;
    return 0;
}

/* What pv_commit does for views of this minute, as far as lists go. */
static void count_views(const char *article, const char *views)
{
    COMMAND("HINCRBY", "pv:views:2026-11-24T13:05", article, views);
    COMMAND("HINCRBY", "pv:views:2026-11-24T13", article, views);
    COMMAND("HINCRBY", "pv:views:2026-11-24", article, views);
    COMMAND("HINCRBY", "pv:meta", "commits", "1");
}

static void read_list(const char *key, char found[256])
{
    struct pv_redis_reply *answer = ask_redis("ZREVRANGE", key, "0", "-1", "WITHSCORES");

    found[0] = '\0';
    for (size_t i = 0; i < pv_redis_reply_count(answer); i++) {
        strcat(found, i > 0 ? " " : "");
        strcat(found, pv_redis_reply_text(pv_redis_reply_at(answer, i), NULL));
    }
    pv_redis_reply_destroy(answer);
}

/* Until the list is what `text` says; fails the test after WAIT_MS. */
static void wait_list(const char *key, const char *text)
{
    int64_t until_ms = 0;
    char found[256];

    for (read_list(key, found); strcmp(found, text) != 0; read_list(key, found))
        if (!look_again(&until_ms, WAIT_MS))
            assert_string_equal(found, text);
}

/* Until rankers have asked for the lock so many times more. */
static void wait_polls(long polls)
{
    int64_t until_ms = 0;

    COMMAND("CONFIG", "RESETSTAT");
    while (redis_calls("fcall") < polls)
        if (!look_again(&until_ms, WAIT_MS))
            fail_msg("nobody asked for the lock");
}

static void start(void)
{
    assert_int_equal(pv_ranker_new(&config, &ranker, &error), PV_OK);
}

static void lists_follow_the_counts_by_score_and_ties_by_the_article(void **state)
{
    char found[256];

    (void)state;
    COMMAND("HSET", "pv:sections", "/a", "sport", "/b", "sport");
    count_views("/a", "3");
    count_views("/b", "3");
    count_views("/c", "7");
    start();
    wait_list("pv:trending:1h:section:sport", "/b 3 /a 3");
    read_list("pv:trending:1h", found);
    assert_string_equal(found, "/c 7 /b 3 /a 3");
    read_list("pv:trending:30d", found);
    assert_string_equal(found, "/c 7 /b 3 /a 3");
    count_views("/a", "9");
    wait_list("pv:trending:1h", "/a 12 /c 7 /b 3");
    wait_list("pv:trending:1h:section:sport", "/a 12 /b 3");
    wall_ms += 61 * MINUTE_MS;
    wait_list("pv:trending:1h", "");
    wait_list("pv:trending:24h", "/a 12 /c 7 /b 3");
}

static void the_time_of_the_lists_is_told(void **state)
{
    (void)state;
    count_views("/a", "3");
    start();
    wait_metric(&metrics.last_ranking_ms, NOW, WAIT_MS);
    assert_int_equal(redis_number("HGET", "pv:meta", "last_ranking_ms"), NOW);
    assert_int_equal(redis_number("HGET", "pv:meta", "ranking_clock_ms"), NOW);
    wall_ms += 1000;
    wait_metric(&metrics.last_ranking_ms, NOW + 1000, WAIT_MS);
    assert_int_equal(redis_number("HGET", "pv:meta", "last_ranking_ms"), NOW + 1000);
}

static void the_clock_of_events_rules_when_asked_for(void **state)
{
    struct pv_ranker_config by_events = config;

    (void)state;
    by_events.by_events = true;
    count_views("/a", "3");
    wall_ms = NOW + 1000 * 24 * 60 * MINUTE_MS;
    assert_int_equal(pv_ranker_new(&by_events, &ranker, &error), PV_OK);
    wait_polls(3);
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h", NULL), 0);
    COMMAND("HSET", "pv:clock", "now", "1795525507000");
    wait_list("pv:trending:1h", "/a 3");
    end(NULL); /* the config is of this function */
}

static void nothing_is_sent_while_nothing_changes(void **state)
{
    int64_t sent;

    (void)state;
    count_views("/a", "3");
    start();
    wait_metric(&metrics.refreshes, 2, WAIT_MS);
    sent = pv_metric_get(&metrics.lists_sent);
    wait_metric(&metrics.refreshes, pv_metric_get(&metrics.refreshes) + 5, WAIT_MS);
    assert_int_equal(pv_metric_get(&metrics.lists_sent), sent);
    assert_int_equal(pv_metric_get(&metrics.rebuilds), 1);
}

static void one_of_two_ranks_and_the_other_takes_over(void **state)
{
    struct pv_ranker_config other_config = config;
    struct pv_ranker *other;

    (void)state;
    other_config.metrics = &other_metrics;
    count_views("/a", "3");
    start();
    wait_list("pv:trending:1h", "/a 3");
    assert_int_equal(pv_ranker_new(&other_config, &other, &error), PV_OK);
    wait_metric(&metrics.refreshes, pv_metric_get(&metrics.refreshes) + 20, WAIT_MS);
    assert_int_equal(pv_metric_get(&other_metrics.refreshes), 0);
    end(NULL); /* gives the lock back, so that nobody waits for it to run out */
    wait_metric(&other_metrics.refreshes, 1, WAIT_MS);
    count_views("/b", "4");
    wait_list("pv:trending:1h", "/b 4 /a 3");
    pv_ranker_destroy(other);
    assert_int_equal(redis_number("EXISTS", LOCK, NULL), 0);
}

/* The second time is like the first: all that others left is found. */
static void a_lock_that_comes_back_begins_anew(void **state)
{
    (void)state;
    count_views("/a", "3");
    start();
    wait_list("pv:trending:1h", "/a 3");
    COMMAND("SET", LOCK, "another", "PX", "600000");
    wait_polls(3);
    assert_int_equal(pv_metric_get(&metrics.articles), 0);
    COMMAND("ZADD", "pv:trending:1h", "5", "/stranger");
    COMMAND("ZADD", "pv:trending:1h:section:gone", "5", "/stranger");
    COMMAND("HSET", "pv:rankings", "trending:1h", "another:1", "trending:1h:section:gone",
            "another:2");
    COMMAND("DEL", LOCK);
    wait_list("pv:trending:1h:section:gone", "");
    wait_list("pv:trending:1h", "/a 3");
    wait_metric(&metrics.rebuilds, 2, WAIT_MS);
    assert_int_equal(redis_number("HEXISTS", "pv:rankings", "trending:1h:section:gone"), 0);
}

static void lists_that_were_rolled_back_are_right_again(void **state)
{
    (void)state;
    count_views("/a", "3");
    start();
    wait_list("pv:trending:1h", "/a 3");
    COMMAND("DEL", "pv:trending:1h", "pv:rankings");
    COMMAND("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    wait_list("pv:trending:1h", "/a 3");
    wait_metric(&metrics.errors, 1, WAIT_MS);
    wait_metric(&metrics.rebuilds, 2, WAIT_MS);
}

static void an_emptied_redis_is_filled_again(void **state)
{
    (void)state;
    count_views("/a", "3");
    start();
    wait_list("pv:trending:1h", "/a 3");
    COMMAND("FUNCTION", "FLUSH");
    COMMAND("FLUSHALL");
    wait_metric(&metrics.errors, 1, WAIT_MS);
    count_views("/b", "4");
    wait_list("pv:trending:1h", "/b 4");
}

static void the_last_ranking_is_done_whoever_has_the_lock(void **state)
{
    char found[256];

    (void)state;
    COMMAND("SET", LOCK, "another", "PX", "600000");
    count_views("/a", "3");
    start();
    wait_polls(3);
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h", NULL), 0);
    pv_ranker_finish(ranker);
    read_list("pv:trending:1h", found);
    assert_string_equal(found, "/a 3");
    end(NULL);
    assert_int_equal(redis_number("EXISTS", LOCK, NULL), 1);
}

static void the_last_ranking_is_tried_again(void **state)
{
    struct pv_ranker_config once = config;
    char found[256];

    (void)state;
    once.interval_ms = 600000; /* no turn of the thread finds that the connection is gone */
    count_views("/a", "3");
    assert_int_equal(pv_ranker_new(&once, &ranker, &error), PV_OK);
    wait_metric(&metrics.last_ranking_ms, NOW, WAIT_MS);
    count_views("/b", "4");
    COMMAND("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    pv_ranker_finish(ranker);
    read_list("pv:trending:1h", found);
    assert_string_equal(found, "/b 4 /a 3");
    assert_int_equal(pv_metric_get(&metrics.errors), 1);
    end(NULL);
}

static void the_last_ranking_is_given_up_when_redis_is_away(void **state)
{
    struct pv_redis_options nowhere = {.address = "unix:/nowhere/redis.sock", .prefix = "pv:"};
    struct pv_ranker_config away = config;

    (void)state;
    away.redis = &nowhere;
    assert_int_equal(pv_ranker_new(&away, &ranker, &error), PV_OK);
    pv_ranker_finish(ranker);
    end(NULL);
    assert_true(pv_metric_get(&metrics.errors) >= 2);
    assert_int_equal(pv_metric_get(&metrics.refreshes), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(lists_follow_the_counts_by_score_and_ties_by_the_article),
        TEST(the_time_of_the_lists_is_told),
        TEST(the_clock_of_events_rules_when_asked_for),
        TEST(nothing_is_sent_while_nothing_changes),
        TEST(one_of_two_ranks_and_the_other_takes_over),
        TEST(a_lock_that_comes_back_begins_anew),
        TEST(lists_that_were_rolled_back_are_right_again),
        TEST(an_emptied_redis_is_filled_again),
        TEST(the_last_ranking_is_done_whoever_has_the_lock),
        TEST(the_last_ranking_is_tried_again),
        TEST(the_last_ranking_is_given_up_when_redis_is_away),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
