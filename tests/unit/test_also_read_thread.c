/* "Also read" with a Redis: visits that processes feed become lists, whatever happens to either. */
#include "real_redis.h"

#include "waiting.h"

#include "aggregator/also_read/also_read.h"
#include "aggregator/also_read/visit_stream.h"

enum { PROCESSES = 2, INTERVAL_MS = 20, WAIT_MS = 20000 };

static struct pv_redis_options options = {.address = real_redis_address, .prefix = "pv:"};
static struct process {
    struct pv_visit_feed *feed;
    struct pv_also_read_metrics metrics;
    struct pv_also_read_config config;
    struct pv_also_read *also_read; /* NULL: not running */
} processes[PROCESSES];

static void start(size_t i)
{
    struct process *process = &processes[i];

    memset(&process->metrics, 0, sizeof process->metrics);
    process->config = (struct pv_also_read_config){&options, &pv_wall_clock, INTERVAL_MS,
                                                   process->feed, &process->metrics};
    assert_int_equal(pv_also_read_new(&process->config, &process->also_read, &error), PV_OK);
}

static void stop(size_t i)
{
    pv_also_read_destroy(processes[i].also_read);
    processes[i].also_read = NULL;
}

static int begin(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    COMMAND("FLUSHALL");
    for (size_t i = 0; i < PROCESSES; i++) {
        assert_int_equal(pv_visit_feed_new(&processes[i].feed, &error), PV_OK);
        pv_visit_feed_set_key(processes[i].feed, 7); /* until Redis says another */
    }
    COMMAND("SET", "pv:visits_key", "0000000000000007");
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROCESSES; i++) {
        stop(i);
        pv_visit_feed_destroy(processes[i].feed);
    }
    return 0;
}

/* Readers from `first` on read the article in a process. */
static void read_in(size_t process, int first, int count, const char *article)
{
    int64_t now_ms = pv_clock_now_ms(&pv_wall_clock);

    for (int i = first; i < first + count; i++) {
        char visitor[16];
        const struct pv_event event = {
            .article = {article, strlen(article)},
            .ts_ms = now_ms,
            .visitor = {visitor, (size_t)snprintf(visitor, sizeof visitor, "v%d", i)}};

        pv_visit_feed_note(processes[process].feed, &event, now_ms);
    }
}

static void read_list(const char *key, char found[512])
{
    struct pv_redis_reply *answer = ask_redis("ZREVRANGE", key, "0", "-1", "WITHSCORES");

    found[0] = '\0';
    for (size_t i = 0; i + 1 < pv_redis_reply_count(answer); i += 2) {
        size_t length = strlen(found);

        snprintf(found + length, 512 - length, "%s%s %.3g", i > 0 ? " " : "",
                 pv_redis_reply_text(pv_redis_reply_at(answer, i), NULL),
                 strtod(pv_redis_reply_text(pv_redis_reply_at(answer, i + 1), NULL), NULL));
    }
    pv_redis_reply_destroy(answer);
}

/* Until the list of the article is what `text` says. */
static void wait_list(const char *article, const char *text)
{
    char key[64], found[512];
    int64_t until_ms = 0;

    snprintf(key, sizeof key, "pv:also:%s", article);
    for (read_list(key, found); strcmp(found, text) != 0; read_list(key, found))
        if (!look_again(&until_ms, WAIT_MS))
            assert_string_equal(found, text);
}

/* Until one of the first `count` processes counts co-views; its number. */
static size_t wait_counter(size_t count)
{
    int64_t until_ms = 0;

    do
        for (size_t i = 0; i < count; i++)
            if (pv_metric_get(&processes[i].metrics.articles) > 0)
                return i;
    while (look_again(&until_ms, WAIT_MS));
    fail_msg("nobody counts");
    return 0;
}

static void visits_of_several_processes_make_one_list(void **state)
{
    (void)state;
    start(0);
    start(1);
    read_in(0, 0, 4, "/a"); /* the same readers, in partitions of two processes */
    read_in(1, 0, 3, "/b");
    read_in(1, 10, 6, "/b");
    wait_list("/a", "/b 0.5");
    wait_list("/b", "/a 0.5");
    assert_int_equal(redis_number("ZCARD", "pv:also_changed", NULL), 2);
    assert_true(redis_number("PTTL", "pv:also:/a", NULL) > 7 * INT64_C(86400000));
    assert_true(redis_number("PTTL", "pv:also_changed", NULL) > 0);
    assert_true(redis_number("PTTL", "pv:visits", NULL) > 0);
}

static void another_process_goes_on_with_what_redis_has(void **state)
{
    size_t counter;

    (void)state;
    read_in(0, 0, 3, "/a");
    read_in(0, 0, 3, "/b");
    start(0);
    start(1);
    wait_list("/a", "/b 1");
    counter = wait_counter(PROCESSES);
    stop(counter);
    read_in(1 - counter, 0, 3, "/c");
    wait_list("/a", "/c 1 /b 1");
    assert_int_equal(wait_counter(PROCESSES), 1 - counter);
}

static void what_was_fed_before_a_stop_is_sent(void **state)
{
    (void)state;
    start(0);
    read_in(0, 0, 3, "/a");
    wait_counter(1);
    read_in(0, 0, 3, "/b");
    stop(0);
    start(1);
    wait_list("/a", "/b 1");
}

static void a_finish_publishes_all(void **state)
{
    (void)state;
    read_in(0, 0, 8, "/");
    for (int i = 0; i < 300; i++) { /* three times as many as a turn publishes */
        char article[16];

        snprintf(article, sizeof article, "/%03d", i);
        read_in(0, 100 + 3 * i, 3, article);
        snprintf(article, sizeof article, "/%03d/b", i);
        read_in(0, 100 + 3 * i, 3, article);
        if (i % 50 == 49) { /* a buffer is soon full */
            start(0);
            pv_also_read_finish(processes[0].also_read);
            stop(0);
        }
    }
    assert_int_equal(redis_number("ZCARD", "pv:also_changed", NULL), 600);
    wait_list("/000", "/000/b 1");
    wait_list("/299/b", "/299 1");
}

static void changes_have_times_that_rise(void **state)
{
    struct pv_redis_reply *found;
    double before = 0;

    (void)state;
    COMMAND("ZADD", "pv:also_changed", "9000000000000", "/of-a-clock-ahead");
    read_in(0, 0, 3, "/a");
    read_in(0, 0, 3, "/b");
    read_in(0, 0, 3, "/c");
    start(0);
    wait_list("/c", "/b 1 /a 1");
    pv_also_read_finish(processes[0].also_read);
    found = ask_redis("ZRANGE", "pv:also_changed", "0", "-1", "WITHSCORES");
    assert_int_equal(pv_redis_reply_count(found), 8);
    for (size_t i = 1; i < 8; i += 2) {
        double at = strtod(pv_redis_reply_text(pv_redis_reply_at(found, i), NULL), NULL);

        assert_true(at > before);
        before = at;
    }
    pv_redis_reply_destroy(found);
}

static void the_memory_of_changes_is_bounded(void **state)
{
    struct pv_redis_reply *found = NULL;

    (void)state;
    COMMAND("EVAL",
            "for i = 1, 20010 do redis.call('ZADD', KEYS[1], i, '/' .. i) end "
            "return redis.call('EXISTS', KEYS[1])",
            "1", "pv:also_changed");
    read_in(0, 0, 3, "/a");
    read_in(0, 0, 3, "/b");
    start(0);
    wait_list("/a", "/b 1");
    wait_list("/b", "/a 1");
    assert_int_equal(redis_number("ZCARD", "pv:also_changed", NULL), 20000);
    found = ask_redis("ZRANGE", "pv:also_changed", "0", "0", NULL);
    assert_string_equal(pv_redis_reply_text(pv_redis_reply_at(found, 0), NULL), "/13");
    pv_redis_reply_destroy(found);
}

static void a_redis_that_forgot_everything_gets_the_lists_again(void **state)
{
    (void)state;
    read_in(0, 0, 3, "/a");
    read_in(0, 0, 3, "/b");
    start(0);
    wait_list("/a", "/b 1");
    COMMAND("FLUSHALL");
    COMMAND("FUNCTION", "FLUSH");
    COMMAND("SET", "pv:visits", "of another kind");
    wait_metric(&processes[0].metrics.errors, 2, WAIT_MS);
    COMMAND("DEL", "pv:visits");
    wait_list("/a", "/b 1");
    wait_list("/b", "/a 1");
}

static void entries_of_another_hand_are_passed_over(void **state)
{
    (void)state;
    COMMAND("XADD", "pv:visits", "*", "something", "else");
    COMMAND("XADD", "pv:visits", "*", "halvings", "0", "visits", "12345678\3");
    COMMAND("XADD", "pv:visits", "*", "halvings", "-5", "visits", "123456789");
    COMMAND("XADD", "pv:visits", "*", "halvings", "64", "visits", "123456789");
    read_in(0, 0, 3, "/a");
    read_in(0, 0, 3, "/b");
    start(0);
    wait_list("/a", "/b 1");
}

static void the_key_is_made_once_and_changes_after_a_day(void **state)
{
    struct pv_visit_stream stream = {.redis = redis, .prefix = "pv:"};
    uint64_t one, two;

    (void)state;
    COMMAND("DEL", "pv:visits_key");
    assert_int_equal(pv_visit_stream_key(&stream, &one, &error), PV_OK);
    assert_int_equal(pv_visit_stream_key(&stream, &two, &error), PV_OK);
    assert_true(one != 0 && one == two);
    assert_in_range(redis_number("PTTL", "pv:visits_key", NULL), 86300000, 86400000);
    COMMAND("SET", "pv:visits_key", "none");
    assert_int_equal(pv_visit_stream_key(&stream, &two, &error), PV_REFUSED);
}

static void no_visit_is_kept_for_longer_than_a_day(void **state)
{
    struct pv_visit_stream stream = {.redis = redis, .prefix = "pv:"};
    /* An hour ahead of this machine's clock: Redis never goes behind what is in a stream. */
    int64_t redis_ms = pv_clock_now_ms(&pv_wall_clock) + 3600000;
    char before[32], within[32], latest[32];

    (void)state;
    snprintf(before, sizeof before, "%" PRId64, redis_ms - PV_VISIT_STREAM_MS - 1);
    snprintf(within, sizeof within, "%" PRId64, redis_ms - PV_VISIT_STREAM_MS);
    snprintf(latest, sizeof latest, "%" PRId64, redis_ms);
    COMMAND("XADD", "pv:visits", "1-0", "halvings", "0", "visits", "");
    COMMAND("XADD", "pv:visits", before, "halvings", "0", "visits", "");
    COMMAND("XADD", "pv:visits", within, "halvings", "0", "visits", "");
    COMMAND("XADD", "pv:visits", latest, "halvings", "0", "visits", "");
    assert_int_equal(pv_visit_stream_send(&stream, "x", 1, 0, &error), PV_OK);
    assert_int_equal(redis_number("XLEN", "pv:visits", NULL), 3);
}

static void the_stream_is_bounded(void **state)
{
    struct pv_visit_stream stream = {.redis = redis, .prefix = "pv:"};
    char visits[1000];

    (void)state;
    memset(visits, 'x', sizeof visits);
    for (int i = 0; i < PV_VISIT_STREAM_ENTRIES + 300; i++)
        assert_int_equal(pv_visit_stream_send(&stream, visits, sizeof visits, 0, &error), PV_OK);
    assert_in_range(redis_number("XLEN", "pv:visits", NULL), PV_VISIT_STREAM_ENTRIES,
                    PV_VISIT_STREAM_ENTRIES + 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(visits_of_several_processes_make_one_list),
        TEST(another_process_goes_on_with_what_redis_has),
        TEST(what_was_fed_before_a_stop_is_sent),
        TEST(a_finish_publishes_all),
        TEST(changes_have_times_that_rise),
        TEST(the_memory_of_changes_is_bounded),
        TEST(a_redis_that_forgot_everything_gets_the_lists_again),
        TEST(entries_of_another_hand_are_passed_over),
        TEST(the_key_is_made_once_and_changes_after_a_day),
        TEST(no_visit_is_kept_for_longer_than_a_day),
        TEST(the_stream_is_bounded),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
