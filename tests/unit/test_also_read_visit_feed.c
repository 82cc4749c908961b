#define _GNU_SOURCE /* memmem */

/* The feed of visits: a bounded sample, by readers and never by visits. */
#include "test_pageview_support.h"

#include <pthread.h>

#include "aggregator/also_read/visit_feed.h"

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define KEY UINT64_C(0x1234567890abcdef)

static struct pv_visit_feed *feed;
static char taken[PV_VISIT_FEED_BYTES];
static unsigned halvings;

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    if (pv_visit_feed_new(&feed, &error) != PV_OK)
        return -1;
    pv_visit_feed_set_key(feed, KEY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_visit_feed_destroy(feed);
    feed = NULL;
    return 0;
}

static void note_at(int64_t ts_ms, const char *visitor, const char *article)
{
    const struct pv_event event = {.article = {article, strlen(article)},
                                   .ts_ms = ts_ms,
                                   .visitor = {visitor, strlen(visitor)}};

    pv_visit_feed_note(feed, &event, NOW);
}

static void note(const char *visitor, const char *article)
{
    note_at(NOW, visitor, article);
}

/* `count` readers from `first` on read /a and then /b. */
static void note_pairs(int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char visitor[16];

        snprintf(visitor, sizeof visitor, "v%d", i);
        note(visitor, "/a");
        note(visitor, "/b");
    }
}

static size_t take(unsigned turns)
{
    return pv_visit_feed_take(feed, turns, taken, &halvings);
}

static size_t count_visits(size_t length)
{
    struct pv_article_visit visit;
    size_t at = 0, count = 0;

    while (pv_visit_unpack(taken, length, &at, &visit))
        count++;
    assert_int_equal(at, length);
    return count;
}

static void visits_arrive_packed_in_order(void **state)
{
    struct pv_article_visit one, two;
    size_t at = 0, length;

    (void)state;
    note("v", "/a");
    note("v", "/é");
    assert_int_equal(pv_visit_feed_waiting(feed), 2 * PV_VISIT_HEAD + 5);
    length = take(1);
    assert_int_equal(halvings, 0);
    assert_true(pv_visit_unpack(taken, length, &at, &one));
    assert_true(pv_visit_unpack(taken, length, &at, &two));
    assert_false(pv_visit_unpack(taken, length, &at, &two));
    assert_memory_equal(one.article.data, "/a", 2);
    assert_memory_equal(two.article.data, "/é", 3);
    assert_true(one.reader == two.reader);
    assert_int_equal(take(1), 0);
}

static void the_events_visitor_is_not_told(void **state)
{
    uint64_t reader;
    struct pv_article_visit visit;
    size_t at = 0, length;

    (void)state;
    note("12345678", "/a");
    length = take(1);
    assert_null(memmem(taken, length, "12345678", 8));
    assert_true(pv_visit_unpack(taken, length, &at, &visit));
    reader = visit.reader;
    pv_visit_feed_set_key(feed, KEY + 1); /* another installation's */
    note("12345678", "/a");
    length = take(1);
    at = 0;
    assert_true(pv_visit_unpack(taken, length, &at, &visit));
    assert_true(visit.reader != reader);
}

static void without_a_key_or_a_visitor_or_within_no_hour_nothing_is_told(void **state)
{
    (void)state;
    note("", "/a");
    note_at(NOW - PV_VISIT_AGE_MS - 1, "v", "/a");
    assert_int_equal(pv_visit_feed_waiting(feed), 0);
    note_at(NOW - PV_VISIT_AGE_MS, "v", "/a");
    assert_int_equal(take(1), PV_VISIT_HEAD + 2);
    pv_visit_feed_set_key(feed, 0);
    note("v", "/a");
    assert_int_equal(take(1), 0);
}

static void a_flood_is_bounded_and_keeps_whole_readers(void **state)
{
    struct pv_article_visit visit, partner;
    size_t at = 0, length, pairs = 0;

    (void)state;
    note_pairs(0, 5000);
    length = take(1);
    assert_true(length <= PV_VISIT_FEED_BYTES);
    assert_true(length > PV_VISIT_FEED_BYTES / 4);
    assert_in_range(halvings, 4, 6); /* 10,000 visits of 12 bytes in 8 KiB: one of 16 */
    while (pv_visit_unpack(taken, length, &at, &visit)) {
        assert_true(visit.reader >> (64 - halvings) == 0);
        assert_true(pv_visit_unpack(taken, length, &at, &partner));
        assert_true(partner.reader == visit.reader);
        assert_memory_equal(partner.article.data, "/b", 2);
        pairs++;
    }
    assert_int_equal(at, length);
    assert_true(pairs > 100);
}

static void the_sample_grows_again_when_there_is_room(void **state)
{
    (void)state;
    note_pairs(0, 5000);
    take(1);
    for (unsigned expected = halvings + 1; expected-- > 0;) {
        take(1);
        assert_int_equal(halvings, expected);
    }
    note_pairs(0, 100);
    assert_int_equal(count_visits(take(1)), 200);
}

static void a_rate_that_fills_a_buffer_in_several_turns_leaves_the_sample_alone(void **state)
{
    (void)state;
    note_pairs(0, 1000);
    take(1);
    assert_true(halvings > 0);
    note_pairs(0, 5000);
    take(1); /* three quarters of the buffer */
    take(8); /* nothing for 8 turns */
    assert_true(halvings > 0);
}

static void one_reader_cannot_fill_it(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        char article[16];

        snprintf(article, sizeof article, "/%d", i);
        note("robot", article);
    }
    note_pairs(0, 10);
    assert_int_equal(count_visits(take(1)), PV_VISIT_FEED_READER + 20);
    assert_int_equal(halvings, 0);
}

static void what_is_no_visit_is_not_read(void **state)
{
    static const char no_article[] = "12345678\0\0/a";
    static const char too_long[] = "12345678\xff\xff/a";
    static const char cut_off[] = "12345678\3\0/a";
    struct pv_article_visit visit;
    size_t at = 0;

    (void)state;
    assert_false(pv_visit_unpack(no_article, sizeof no_article - 1, &at, &visit));
    assert_false(pv_visit_unpack(too_long, sizeof too_long - 1, &at, &visit));
    assert_false(pv_visit_unpack(cut_off, sizeof cut_off - 1, &at, &visit));
    assert_false(pv_visit_unpack(cut_off, 9, &at, &visit));
    assert_int_equal(at, 0);
}

static void *note_many(void *unused)
{
    note_pairs(0, 2000);
    return unused;
}

static void pipelines_share_it(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, NULL), 0);
    for (int i = 0; i < 100; i++)
        count_visits(take(1));
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    count_visits(take(1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(visits_arrive_packed_in_order),
        TEST(the_events_visitor_is_not_told),
        TEST(without_a_key_or_a_visitor_or_within_no_hour_nothing_is_told),
        TEST(a_flood_is_bounded_and_keeps_whole_readers),
        TEST(the_sample_grows_again_when_there_is_room),
        TEST(a_rate_that_fills_a_buffer_in_several_turns_leaves_the_sample_alone),
        TEST(one_reader_cannot_fill_it),
        TEST(what_is_no_visit_is_not_read),
        TEST(pipelines_share_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
