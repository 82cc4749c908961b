#include "test_pageview_support.h"

#include "dashboard-export/ranks.h"
#include "pageview/bucket.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define LIST   "trending:1h"

static void remember(struct pv_ranks *ranks, const char *name, int64_t time_ms, const char *first,
                     const char *second)
{
    struct pv_trending_item items[] = {{.article = first, .length = strlen(first)},
                                       {.article = second, .length = strlen(second)}};
    const struct pv_trending trending = {.items = items, .count = 2};
    struct pv_ranked_list *list = pv_ranks_list(ranks, name);

    assert_non_null(list);
    pv_ranks_remember(ranks, list, time_ms, &trending);
}

static size_t hour_ago(struct pv_ranks *ranks, const char *name, int64_t time_ms,
                       const char *article)
{
    return pv_ranks_hour_ago(pv_ranks_list(ranks, name), time_ms, article, strlen(article));
}

static void rank_is_that_of_the_look_an_hour_ago(void **state)
{
    struct pv_ranks ranks = {0};

    (void)state;
    remember(&ranks, LIST, NOW_MS - PV_HOUR_MS, "/a", "/b");
    remember(&ranks, LIST, NOW_MS, "/b", "/c");
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS, "/a"), 1);
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS, "/b"), 2);
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS, "/c"), 0);
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS + PV_RANKS_LOOK_MS, "/a"), 0);
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS + PV_HOUR_MS, "/b"), 1);
    assert_int_equal(hour_ago(&ranks, "trending:24h", NOW_MS, "/a"), 0);
    pv_ranks_clean_up(&ranks);
}

static void first_look_of_ten_minutes_stays(void **state)
{
    const int64_t then_ms = NOW_MS - PV_HOUR_MS;
    struct pv_ranks ranks = {0};

    (void)state;
    remember(&ranks, LIST, then_ms, "/a", "/b");
    remember(&ranks, LIST, then_ms + 60000, "/b", "/a");
    assert_int_equal(hour_ago(&ranks, LIST, NOW_MS, "/a"), 1);
    pv_ranks_clean_up(&ranks);
}

static void old_looks_make_room(void **state)
{
    struct pv_ranks ranks = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        remember(&ranks, LIST, NOW_MS + i * PV_RANKS_LOOK_MS, "/a", "/b");
    assert_int_equal(ranks.articles, 2 * PV_RANKS_LOOKS);
    pv_ranks_clean_up(&ranks);
}

static void lists_that_are_gone_are_forgotten_and_others_stay(void **state)
{
    static const char *const names[] = {"trending:7d", "trending:1h", "trending:hot",
                                        "trending:30d"};
    struct pv_ranks ranks = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        remember(&ranks, names[i], NOW_MS - PV_HOUR_MS, "/a", names[i]);
    assert_int_equal(ranks.count, 4);
    pv_ranks_list(&ranks, "trending:1h")->there = true;
    pv_ranks_list(&ranks, "trending:hot")->there = true;
    pv_ranks_forget_gone(&ranks);
    assert_int_equal(ranks.count, 2);
    assert_int_equal(ranks.articles, 4);
    assert_int_equal(hour_ago(&ranks, "trending:1h", NOW_MS, "trending:1h"), 2);
    assert_int_equal(hour_ago(&ranks, "trending:hot", NOW_MS, "trending:hot"), 2);
    assert_int_equal(hour_ago(&ranks, "trending:7d", NOW_MS, "trending:7d"), 0);
    pv_ranks_clean_up(&ranks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rank_is_that_of_the_look_an_hour_ago),
        cmocka_unit_test(first_look_of_ten_minutes_stays),
        cmocka_unit_test(old_looks_make_room),
        cmocka_unit_test(lists_that_are_gone_are_forgotten_and_others_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
