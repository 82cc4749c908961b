/* From a view to the facts of its batch: what Redis was told before is not told again. */
#include "test_pageview_support.h"

#include "aggregator/event_facts.h"
#include "pageview/bucket.h"

#define DAY    INT64_C(1795478400000) /* 2026-11-24T00:00Z */
#define MINUTE (DAY + 785 * PV_MINUTE_MS)

static struct pv_event_facts event_facts;
static struct pv_batch *batch;
static int64_t next_offset;

static void open_batch(void)
{
    pv_batch_open(batch, 3, next_offset, 0);
}

static void make(bool visitors)
{
    struct pv_error error;

    next_offset = 100;
    assert_int_equal(pv_event_facts_init(&event_facts, visitors, &error), PV_OK);
    assert_int_equal(pv_batch_new(1000, &batch, &error), PV_OK);
    open_batch();
}

static int tear_down(void **state)
{
    (void)state;
    pv_event_facts_clean_up(&event_facts);
    event_facts = (struct pv_event_facts){0};
    pv_batch_destroy(batch);
    batch = NULL;
    return 0;
}

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, text != NULL ? strlen(text) : 0};
}

static void view(const char *article, const char *visitor, int64_t ts_ms)
{
    struct pv_event event = {.article = text_of(article),
                             .visitor = text_of(visitor),
                             .title = text_of("Title"),
                             .ts_ms = ts_ms};

    assert_true(pv_batch_add_view(batch, next_offset, event.article, ts_ms));
    assert_true(pv_event_facts_note(&event_facts, batch, &event, next_offset));
    next_offset++;
}

/* Visits of the article (NULL: of the site) and minute by the visitor that the batch tells. */
static int visits_of(const char *article, int64_t ts_ms, const char *visitor)
{
    struct pv_hll_place place = pv_hll_place_of(visitor, strlen(visitor));
    int found = 0;

    for (size_t i = 0; i < batch->facts.visit_count; i++) {
        const struct pv_visit *visit = &batch->facts.visits[i];
        const struct pv_batch_article *of =
            visit->article == PV_VISIT_OF_SITE ? NULL : &batch->articles[visit->article];
        bool right = article == NULL
                         ? of == NULL
                         : of != NULL && of->length == strlen(article) &&
                               memcmp(batch->texts.data + of->text_at, article, of->length) == 0;

        found += right && visit->minute == ts_ms / PV_MINUTE_MS &&
                 visit->place.index == place.index && visit->place.rank == place.rank;
    }
    return found;
}

static void a_visitor_is_told_once_for_the_articles_day_and_once_for_the_minute(void **state)
{
    (void)state;
    make(true);
    view("/a", "ann", MINUTE);
    assert_int_equal(visits_of("/a", DAY, "ann"), 1);
    assert_int_equal(visits_of(NULL, MINUTE, "ann"), 1);
    view("/a", "ann", MINUTE + 5);
    assert_int_equal(batch->facts.visit_count, 2);
    view("/a", "ann", MINUTE + PV_MINUTE_MS); /* another minute of the same day */
    assert_int_equal(visits_of("/a", DAY, "ann"), 1);
    assert_int_equal(visits_of(NULL, MINUTE + PV_MINUTE_MS, "ann"), 1);
    assert_int_equal(batch->facts.visit_count, 3);
    view("/b", "ann", MINUTE); /* another article in the same minute */
    assert_int_equal(visits_of("/b", DAY, "ann"), 1);
    assert_int_equal(batch->facts.visit_count, 4);
    view("/a", "ann", MINUTE + PV_DAY_MS);
    assert_int_equal(visits_of("/a", DAY + PV_DAY_MS, "ann"), 1);
    assert_int_equal(visits_of(NULL, MINUTE + PV_DAY_MS, "ann"), 1);
    view("/a", "bob", MINUTE);
    assert_int_equal(visits_of("/a", DAY, "bob"), 1);
    assert_int_equal(visits_of(NULL, MINUTE, "bob"), 1);
    assert_int_equal(batch->facts.visit_count, 8);
}

static void a_later_batch_does_not_tell_it_again(void **state)
{
    (void)state;
    make(true);
    view("/a", "ann", MINUTE);
    assert_int_equal(batch->facts.description_count, 1);
    open_batch();
    assert_int_equal(batch->facts.visit_count, 0);
    view("/b", NULL, MINUTE); /* the article has another index now */
    view("/a", "ann", MINUTE);
    assert_int_equal(batch->facts.visit_count, 0);
    assert_int_equal(batch->facts.description_count, 1);
    assert_int_equal(batch->facts.descriptions[0].article, 0); /* of /b */
}

static void a_description_is_that_of_the_view_just_added(void **state)
{
    (void)state;
    make(true);
    view("/a", NULL, MINUTE);
    view("/b", NULL, MINUTE + 1);
    view("/a", NULL, MINUTE + PV_HOUR_MS);
    assert_int_equal(batch->facts.description_count, 2);
    assert_int_equal(batch->facts.descriptions[0].article, 0);
    assert_int_equal(batch->facts.descriptions[0].first_seen_ms, MINUTE);
    assert_int_equal(batch->facts.descriptions[0].last_seen_ms, DAY + 14 * PV_HOUR_MS);
    assert_int_equal(batch->facts.descriptions[0].title.offset, 102);
    assert_int_equal(batch->facts.descriptions[1].article, 1);
    assert_int_equal(batch->facts.descriptions[1].first_seen_ms, MINUTE + 1);
    assert_int_equal(batch->facts.descriptions[1].title.offset, 101);
}

static void a_view_without_a_visitor_is_no_visit(void **state)
{
    (void)state;
    make(true);
    view("/a", NULL, MINUTE);
    view("/a", "", MINUTE);
    assert_int_equal(batch->facts.visit_count, 0);
}

static void nothing_is_told_of_visitors_where_they_are_off(void **state)
{
    (void)state;
    make(false);
    view("/a", "ann", MINUTE);
    view("/b", "bob", MINUTE + PV_DAY_MS);
    assert_int_equal(batch->facts.visit_count, 0);
    assert_int_equal(batch->facts.description_count, 2); /* articles are still described */
    pv_event_facts_forget(&event_facts);
    view("/a", "ann", MINUTE);
    assert_int_equal(batch->facts.visit_count, 0);
}

static void what_is_forgotten_is_told_again(void **state)
{
    (void)state;
    make(true);
    view("/a", "ann", MINUTE);
    for (int times = 0; times < 3; times++) {
        pv_event_facts_forget(&event_facts);
        pv_event_facts_forget(&event_facts); /* as for each of several partitions */
        open_batch();
        view("/a", "ann", MINUTE);
        assert_int_equal(visits_of("/a", DAY, "ann"), 1);
        assert_int_equal(visits_of(NULL, MINUTE, "ann"), 1);
        assert_int_equal(batch->facts.visit_count, 2);
        assert_int_equal(batch->facts.description_count, 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_visitor_is_told_once_for_the_articles_day_and_once_for_the_minute),
        TEST(a_later_batch_does_not_tell_it_again),
        TEST(a_description_is_that_of_the_view_just_added),
        TEST(a_view_without_a_visitor_is_no_visit),
        TEST(nothing_is_told_of_visitors_where_they_are_off),
        TEST(what_is_forgotten_is_told_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
