/* The filter of descriptions: Redis is told what is new, and little else. */
#include "test_pageview_support.h"

#include "aggregator/description_filter.h"
#include "pageview/bucket.h"

#define HOUR INT64_C(1795525200000) /* 2026-11-24T13:00:00Z */

static struct pv_description_filter *filter;

static int begin(void **state)
{
    struct pv_error error;

    (void)state;
    return pv_description_filter_new(&filter, &error) == PV_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    pv_description_filter_destroy(filter);
    filter = NULL;
    return 0;
}

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, text != NULL ? strlen(text) : 0};
}

static bool tells_all(uint64_t article, int64_t ts_ms, const char *title, const char *section)
{
    struct pv_event event = {.ts_ms = ts_ms, .title = text_of(title), .section = text_of(section)};

    return pv_description_filter_tells(filter, article, &event);
}

static bool tells(uint64_t article, int64_t ts_ms, const char *title)
{
    return tells_all(article, ts_ms, title, NULL);
}

static void an_article_is_told_once_an_hour(void **state)
{
    (void)state;
    assert_true(tells(1, HOUR, "A"));
    assert_false(tells(1, HOUR, "A"));
    assert_false(tells(1, HOUR + PV_HOUR_MS - 1, "A"));
    assert_true(tells(1, HOUR + PV_HOUR_MS, "A"));
    assert_false(tells(1, HOUR + PV_HOUR_MS + 1, "A"));
    assert_false(tells(1, HOUR + 5, "A")); /* late, and older than none that was told */
}

static void articles_are_told_apart(void **state)
{
    (void)state;
    assert_true(tells(1, HOUR, "A"));
    assert_true(tells(2, HOUR, "A"));
    assert_false(tells(1, HOUR, "A"));
    assert_false(tells(2, HOUR, "A"));
}

static void other_words_are_told_at_once(void **state)
{
    (void)state;
    assert_true(tells_all(1, HOUR, "A", "news"));
    assert_true(tells_all(1, HOUR + 1, "B", "news"));
    assert_true(tells_all(1, HOUR + 2, "B", "sport"));
    assert_true(tells_all(1, HOUR + 3, "B", NULL));
    assert_true(tells_all(1, HOUR + 4, NULL, "B")); /* a title is no section */
    assert_false(tells_all(1, HOUR + 5, NULL, "B"));
}

/* The words of the latest hour are what Redis keeps: an older event's do not count as told. */
static void an_older_event_does_not_replace_the_words(void **state)
{
    (void)state;
    assert_true(tells(1, HOUR, "old"));
    assert_true(tells(1, HOUR + PV_HOUR_MS, "new"));
    assert_true(tells(1, HOUR + 1, "old")); /* it may be the first that says this */
    assert_false(tells(1, HOUR + PV_HOUR_MS + 1, "new"));
    assert_true(tells(1, HOUR + PV_HOUR_MS + 2, "old"));
}

/* first_seen goes back to the time of the oldest. */
static void an_event_older_than_all_is_told(void **state)
{
    (void)state;
    assert_true(tells(1, HOUR + 500, "A"));
    assert_true(tells(1, HOUR + 499, "A"));
    assert_false(tells(1, HOUR + 499, "A"));
    assert_true(tells(1, HOUR - PV_DAY_MS, "A"));
    assert_false(tells(1, HOUR - PV_HOUR_MS, "A"));
    assert_false(tells(1, HOUR + 600, "A")); /* the latest hour is still known */
}

static void the_first_hour_of_all_is_an_hour(void **state)
{
    (void)state;
    assert_true(tells(1, 0, "A"));
    assert_false(tells(1, 0, "A"));
    assert_true(tells(0, 0, "A")); /* a hash of 0 is not a free place */
    assert_false(tells(0, 0, "A"));
}

static void an_article_that_gave_way_is_told_again(void **state)
{
    const uint64_t same_place = 1 + PV_DESCRIPTION_FILTER_SLOTS;

    (void)state;
    assert_true(tells(1, HOUR, "A"));
    assert_true(tells(same_place, HOUR, "A"));
    assert_true(tells(1, HOUR, "A"));
    assert_false(tells(1, HOUR, "A"));
}

static void what_is_forgotten_is_told_again(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(tells(i, HOUR, "A"));
    pv_description_filter_forget(filter);
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(tells(i, HOUR, "A"));
    for (uint64_t i = 0; i < 1000; i++)
        assert_false(tells(i, HOUR, "A"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_article_is_told_once_an_hour),
        TEST(articles_are_told_apart),
        TEST(other_words_are_told_at_once),
        TEST(an_older_event_does_not_replace_the_words),
        TEST(an_event_older_than_all_is_told),
        TEST(the_first_hour_of_all_is_an_hour),
        TEST(an_article_that_gave_way_is_told_again),
        TEST(what_is_forgotten_is_told_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
