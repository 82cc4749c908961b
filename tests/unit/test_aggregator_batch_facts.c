/* The facts of a batch: the latest words of an article, its first and last view, and visits. */
#include "test_pageview_support.h"

#include "aggregator/batch_facts.h"
#include "pageview/bucket.h"

#define HOUR INT64_C(1795525200000) /* 2026-11-24T13:00:00Z */

static struct pv_batch_facts facts;

static int begin(void **state)
{
    (void)state;
    facts = (struct pv_batch_facts){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    pv_batch_facts_clean_up(&facts);
    return 0;
}

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, text != NULL ? strlen(text) : 0};
}

static void describe(uint32_t article, int64_t offset, int64_t ts_ms, const char *title,
                     const char *section)
{
    struct pv_event event = {.ts_ms = ts_ms, .title = text_of(title), .section = text_of(section)};

    assert_true(pv_batch_facts_describe(&facts, article, &event, offset));
}

static const struct pv_description *description_of(uint32_t article)
{
    const struct pv_description *found = NULL;

    for (size_t i = 0; i < facts.description_count; i++)
        if (facts.descriptions[i].article == article) {
            assert_null(found); /* one each */
            found = &facts.descriptions[i];
        }
    assert_non_null(found);
    return found;
}

static void assert_said(const struct pv_said_text *said, const char *text, int64_t hour_ms,
                        int64_t offset)
{
    assert_int_equal(said->length, strlen(text));
    assert_memory_equal(facts.texts.data + said->text_at, text, said->length);
    assert_int_equal(said->hour_ms, hour_ms);
    assert_int_equal(said->offset, offset);
}

static void the_words_are_those_of_the_latest_hour_and_offset(void **state)
{
    (void)state;
    describe(0, 10, HOUR + 30, "first", "news");
    describe(0, 11, HOUR + 20, "second", "sport"); /* same hour, later offset */
    assert_said(&description_of(0)->title, "second", HOUR, 11);
    assert_said(&description_of(0)->section, "sport", HOUR, 11);
    describe(0, 12, HOUR - 1, "older", "older");
    assert_said(&description_of(0)->title, "second", HOUR, 11);
    assert_said(&description_of(0)->section, "sport", HOUR, 11);
    describe(0, 13, HOUR + PV_HOUR_MS, "third", "culture");
    assert_said(&description_of(0)->title, "third", HOUR + PV_HOUR_MS, 13);
    assert_said(&description_of(0)->section, "culture", HOUR + PV_HOUR_MS, 13);
}

static void what_an_event_does_not_say_stays_as_it_was_said(void **state)
{
    (void)state;
    describe(0, 10, HOUR, "title", NULL);
    assert_int_equal(description_of(0)->section.length, 0);
    describe(0, 11, HOUR + PV_HOUR_MS, NULL, "news");
    assert_said(&description_of(0)->title, "title", HOUR, 10);
    assert_said(&description_of(0)->section, "news", HOUR + PV_HOUR_MS, 11);
    describe(0, 12, HOUR + 2 * PV_HOUR_MS, NULL, NULL);
    assert_said(&description_of(0)->title, "title", HOUR, 10);
    assert_said(&description_of(0)->section, "news", HOUR + PV_HOUR_MS, 11);
    /* The first to say it is heard, however old it is. */
    describe(1, 13, HOUR, NULL, "sport");
    describe(1, 14, HOUR - PV_DAY_MS, "late", NULL);
    assert_said(&description_of(1)->title, "late", HOUR - PV_DAY_MS, 14);
}

static void words_said_again_are_newer_and_take_no_room(void **state)
{
    size_t length;

    (void)state;
    describe(0, 10, HOUR, "title", "news");
    length = facts.texts.length;
    describe(0, 11, HOUR + PV_HOUR_MS, "title", "news");
    assert_int_equal(facts.texts.length, length);
    assert_said(&description_of(0)->title, "title", HOUR + PV_HOUR_MS, 11);
    describe(0, 12, HOUR, "other", "other");
    assert_said(&description_of(0)->title, "title", HOUR + PV_HOUR_MS, 11);
}

static void first_and_last_views_are_those_of_all_events(void **state)
{
    (void)state;
    describe(0, 10, HOUR + 500, NULL, NULL);
    assert_int_equal(description_of(0)->first_seen_ms, HOUR + 500);
    assert_int_equal(description_of(0)->last_seen_ms, HOUR);
    describe(0, 11, HOUR + PV_HOUR_MS + 7, NULL, NULL);
    assert_int_equal(description_of(0)->first_seen_ms, HOUR + 500);
    assert_int_equal(description_of(0)->last_seen_ms, HOUR + PV_HOUR_MS);
    describe(0, 12, HOUR - PV_DAY_MS + 3, NULL, NULL);
    assert_int_equal(description_of(0)->first_seen_ms, HOUR - PV_DAY_MS + 3);
    assert_int_equal(description_of(0)->last_seen_ms, HOUR + PV_HOUR_MS);
}

static void many_articles_keep_their_own(void **state)
{
    char title[24];

    (void)state;
    /* From the highest, as an article without a description may come before one that has it. */
    for (uint32_t i = 3000; i-- > 0;) {
        snprintf(title, sizeof title, "title %u", i);
        describe(i, 5000 - i, HOUR + i, title, NULL);
    }
    assert_int_equal(facts.description_count, 3000);
    for (uint32_t i = 0; i < 3000; i += 7) {
        snprintf(title, sizeof title, "title %u", i);
        assert_said(&description_of(i)->title, title, HOUR, 5000 - i);
        assert_int_equal(description_of(i)->first_seen_ms, HOUR + i);
    }
}

static void visits_of_one_set_come_together_by_register_and_rank_when_sorted(void **state)
{
    static const struct pv_visit visits[] = {
        {2, 5, {7, 1}, false},      {PV_VISIT_OF_SITE, 9, {7, 1}, false},
        {0, 7, {9, 1}, false},      {2, 4, {7, 1}, true},
        {0, 7, {8, 3}, false},      {0, 7, {8, 4}, false},
        {0, 7, {16383, 51}, false}, {PV_VISIT_OF_SITE, 8, {7, 1}, false},
    };
    static const size_t sorted[] = {5, 4, 2, 6, 3, 0, 7, 1};

    (void)state;
    for (size_t i = 0; i < 8; i++)
        assert_true(pv_batch_facts_visit(&facts, visits[i].article, visits[i].minute,
                                         visits[i].place, visits[i].first));
    pv_batch_facts_sort(&facts);
    assert_int_equal(facts.visit_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct pv_visit *visit = &facts.visits[i], *expected = &visits[sorted[i]];

        assert_int_equal(visit->article, expected->article);
        assert_int_equal(visit->minute, expected->minute);
        assert_int_equal(visit->place.index, expected->place.index);
        assert_int_equal(visit->place.rank, expected->place.rank);
        assert_int_equal(visit->first, expected->first);
    }
    pv_batch_facts_reset(&facts, 3);
    pv_batch_facts_sort(&facts);
    assert_int_equal(facts.visit_count, 0);
}

/* Adds facts of the largest events while there is room; returns how many. */
static int fill(size_t title_size, int visits)
{
    static char text[PV_TITLE_SIZE_MAX];
    int events = 0;

    while (pv_batch_facts_has_room(&facts)) {
        struct pv_event event = {.ts_ms = HOUR + events * PV_HOUR_MS};

        memset(text, 'a' + events % 26, sizeof text);
        event.title = (struct pv_text){text, title_size};
        event.section = (struct pv_text){text, title_size > 0 ? (size_t)PV_SECTION_SIZE_MAX : 0};
        assert_true(pv_batch_facts_describe(&facts, 0, &event, events));
        for (int i = 0; i < visits; i++)
            assert_true(pv_batch_facts_visit(&facts, 0, 1, (struct pv_hll_place){1, 1}, false));
        events++;
        assert_true(facts.texts.length <= PV_FACTS_TEXT_MAX);
        assert_true(facts.visit_count <= PV_FACTS_VISITS_MAX);
    }
    return events;
}

static void texts_stay_within_their_bound(void **state)
{
    (void)state;
    fill(PV_TITLE_SIZE_MAX, 2);
    assert_true(facts.texts.length > PV_FACTS_TEXT_MAX - 1000); /* the room is used */
    assert_true(facts.visit_count < PV_FACTS_VISITS_MAX);
}

static void visits_stay_within_their_bound(void **state)
{
    (void)state;
    fill(0, 2);
    assert_int_equal(facts.visit_count, PV_FACTS_VISITS_MAX);
    assert_true(facts.texts.length < PV_FACTS_TEXT_MAX);
    pv_batch_facts_reset(&facts, 1);
    fill(0, 1);
    assert_int_equal(facts.visit_count, PV_FACTS_VISITS_MAX - 1);
}

static void descriptions_stay_within_their_bound(void **state)
{
    uint32_t articles = 0;

    (void)state;
    for (; pv_batch_facts_has_room(&facts); articles++)
        describe(articles, articles, HOUR, "title", NULL);
    assert_int_equal(articles, PV_FACTS_DESCRIPTIONS_MAX);
    assert_int_equal(facts.description_count, PV_FACTS_DESCRIPTIONS_MAX);
}

static void a_reset_leaves_nothing_and_all_the_room(void **state)
{
    int events;

    (void)state;
    events = fill(PV_TITLE_SIZE_MAX, 2);
    describe(40, 5, HOUR, "of 40", "news");
    pv_batch_facts_reset(&facts, 41);
    assert_int_equal(facts.description_count, 0);
    assert_int_equal(facts.visit_count, 0);
    assert_int_equal(facts.texts.length, 0);
    assert_true(pv_batch_facts_has_room(&facts));
    describe(40, 1, HOUR + 9, NULL, NULL);
    describe(0, 2, HOUR, "again", NULL);
    assert_int_equal(facts.description_count, 2);
    assert_int_equal(description_of(40)->title.length, 0);
    assert_int_equal(description_of(40)->section.length, 0);
    assert_int_equal(description_of(40)->first_seen_ms, HOUR + 9);
    assert_int_equal(description_of(40)->last_seen_ms, HOUR);
    assert_said(&description_of(0)->title, "again", HOUR, 2);
    pv_batch_facts_reset(&facts, 41);
    assert_int_equal(fill(PV_TITLE_SIZE_MAX, 2), events);
}

static void a_reset_of_few_articles_leaves_nothing_of_the_next_ones(void **state)
{
    (void)state;
    describe(0, 1, HOUR, "A", NULL);
    pv_batch_facts_reset(&facts, 500); /* more articles than have descriptions */
    pv_batch_facts_reset(&facts, 0);
    assert_int_equal(facts.description_count, 0);
    describe(499, 2, HOUR, "B", NULL);
    assert_int_equal(facts.description_count, 1);
    assert_said(&description_of(499)->title, "B", HOUR, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_words_are_those_of_the_latest_hour_and_offset),
        TEST(what_an_event_does_not_say_stays_as_it_was_said),
        TEST(words_said_again_are_newer_and_take_no_room),
        TEST(first_and_last_views_are_those_of_all_events),
        TEST(many_articles_keep_their_own),
        TEST(visits_of_one_set_come_together_by_register_and_rank_when_sorted),
        TEST(texts_stay_within_their_bound),
        TEST(visits_stay_within_their_bound),
        TEST(descriptions_stay_within_their_bound),
        TEST(a_reset_leaves_nothing_and_all_the_room),
        TEST(a_reset_of_few_articles_leaves_nothing_of_the_next_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
