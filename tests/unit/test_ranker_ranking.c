/* The bounds of the ranking; that its lists are right is tested against a recount in Python. */
#include "test_pageview_support.h"

#include "aggregator/ranker/ranking.h"

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

enum { ID_SIZE = 16 };

static struct pv_ranking *ranking;

/* Articles /0.. with one view each in the minute of NOW; the first in section 0, and so on. */
static struct {
    unsigned articles, sections;
    int64_t commits, looks;
    int64_t asked_at_most;
} site;

static enum pv_status read_bucket(void *context, enum pv_bucket_size size, int64_t start_ms,
                                  pv_take_count *take, void *take_context, struct pv_error *error)
{
    (void)context, (void)error;
    if (size != PV_BUCKET_MINUTE || start_ms != pv_bucket_start_ms(size, NOW))
        return PV_OK;
    for (unsigned i = 0; i < site.articles; i++) {
        char id[ID_SIZE];
        int length = snprintf(id, sizeof id, "/%u", i);

        take(take_context, (struct pv_text){id, (size_t)length}, 1);
    }
    return PV_OK;
}

static enum pv_status read_sections(void *context, const struct pv_text *articles, size_t count,
                                    pv_take_section *take, void *take_context,
                                    struct pv_error *error)
{
    (void)context, (void)error;
    if ((int64_t)count > site.asked_at_most)
        site.asked_at_most = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        char text[ID_SIZE];
        unsigned number = (unsigned)strtoul(articles[i].data + 1, NULL, 10);
        int length = snprintf(text, sizeof text, "s%u", number);

        take(take_context, i,
             (struct pv_text){number < site.sections ? text : NULL, (size_t)length});
    }
    return PV_OK;
}

static enum pv_status announce(void *context, int64_t open_from_ms, struct pv_commit_marks *marks,
                               struct pv_error *error)
{
    (void)context, (void)error;
    assert_int_equal(open_from_ms, pv_bucket_start_ms(PV_BUCKET_MINUTE, NOW) - PV_MINUTE_MS);
    *marks = (struct pv_commit_marks){site.commits, 0, ++site.looks};
    return PV_OK;
}

static const struct pv_count_source source = {read_bucket, read_sections, announce, NULL};

static struct pv_ranking_stats refresh(unsigned articles, unsigned sections)
{
    struct pv_error error;

    site.articles = articles;
    site.sections = sections;
    site.commits++;
    assert_int_equal(pv_ranking_refresh(ranking, &source, NOW, 0, &error), PV_OK);
    return pv_ranking_stats(ranking);
}

static void make(size_t max_articles)
{
    struct pv_error error;

    assert_int_equal(pv_ranking_new(max_articles, &ranking, &error), PV_OK);
}

static int tear_down(void **state)
{
    (void)state;
    pv_ranking_destroy(ranking);
    ranking = NULL;
    return 0;
}

static void articles_beyond_the_bound_are_left_out_and_counted(void **state)
{
    const struct pv_ranked *entries;
    struct pv_ranking_stats stats;
    bool changed;

    (void)state;
    make(7);
    stats = refresh(7, 0);
    assert_int_equal(stats.articles_refused, 0);
    stats = refresh(9, 0);
    assert_int_equal(stats.articles, 7);
    assert_int_equal(stats.articles_refused, 2);
    assert_int_equal(stats.rebuilds, 1);
    assert_int_equal(pv_ranking_top(ranking, PV_RANKING_1H, PV_RANKING_ALL, &entries, &changed), 7);
    assert_int_equal(entries[0].article.length, 2);
    assert_memory_equal(entries[0].article.data, "/6", 2);
}

static void article_of_a_section_beyond_the_bound_is_in_the_site_s_lists_only(void **state)
{
    const struct pv_ranked *entries;
    struct pv_ranking_stats stats;
    bool changed;

    (void)state;
    make(5000);
    stats = refresh(PV_RANKING_SECTIONS_MAX + 3, PV_RANKING_SECTIONS_MAX + 3);
    assert_int_equal(stats.sections_refused, 3);
    assert_int_equal(pv_ranking_section_count(ranking), PV_RANKING_SECTIONS_MAX);
    assert_int_equal(pv_ranking_top(ranking, PV_RANKING_HOT, 999, &entries, &changed), 1);
    assert_int_equal(pv_ranking_top(ranking, PV_RANKING_HOT, PV_RANKING_ALL, &entries, &changed),
                     PV_RANKING_TOP);
}

static void sections_are_asked_for_in_pages(void **state)
{
    (void)state;
    make(5000);
    assert_int_equal(refresh(2500, 2).changed, 2500);
    assert_int_equal(site.asked_at_most, 1000);
}

static void before_the_first_refresh_there_are_no_lists(void **state)
{
    const struct pv_ranked *entries;
    bool changed = true;

    (void)state;
    make(10);
    assert_int_equal(pv_ranking_top(ranking, PV_RANKING_1H, PV_RANKING_ALL, &entries, &changed), 0);
    assert_false(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(articles_beyond_the_bound_are_left_out_and_counted, tear_down),
        cmocka_unit_test_teardown(article_of_a_section_beyond_the_bound_is_in_the_site_s_lists_only,
                                  tear_down),
        cmocka_unit_test_teardown(sections_are_asked_for_in_pages, tear_down),
        cmocka_unit_test_teardown(before_the_first_refresh_there_are_no_lists, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
