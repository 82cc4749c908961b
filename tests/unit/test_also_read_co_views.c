/* Co-views: what the readers of an article also read, in bounded memory. */
#include "test_pageview_support.h"

#include "aggregator/also_read/co_views.h"
#include "aggregator/also_read/companions.h"
#include "aggregator/also_read/readings.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define NOW     INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

static struct pv_co_views *views;
static int64_t now_ms;

static void make(size_t articles, size_t readers)
{
    const struct pv_co_views_bounds bounds = {articles, readers, DAY_MS};
    struct pv_error error;

    pv_co_views_destroy(views);
    now_ms = NOW;
    assert_int_equal(pv_co_views_new(&bounds, &views, &error), PV_OK);
}

static int set_up(void **state)
{
    (void)state;
    make(1000, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_co_views_destroy(views);
    views = NULL;
    return 0;
}

/* A reader, spread over 64 bits, reads the articles that `text` names, "/a /b". */
static void reads(uint64_t reader, const char *text)
{
    char copy[1024], *rest = copy, *article;

    snprintf(copy, sizeof copy, "%s", text);
    while ((article = strtok_r(rest, " ", &rest)) != NULL)
        assert_true(pv_co_views_visit(views, reader * UINT64_C(0x9e3779b97f4a7c15),
                                      (struct pv_text){article, strlen(article)}, now_ms));
}

static void read_by(uint64_t first, uint64_t count, const char *text)
{
    for (uint64_t reader = first; reader < first + count; reader++)
        reads(reader, text);
}

/* What is told now of an article, "/b 0.5 /c 0.25"; "-" when nothing is. */
static const char *told_of(const char *article)
{
    static char text[1024];
    struct pv_also_list list;

    strcpy(text, "-");
    while (pv_co_views_next(views, now_ms, &list)) {
        size_t length = 0;

        if (list.article.length != strlen(article) ||
            memcmp(list.article.data, article, list.article.length) != 0)
            continue;
        text[0] = '\0';
        for (size_t i = 0; i < list.count; i++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s %g",
                                       i > 0 ? " " : "", (int)list.items[i].article.length,
                                       list.items[i].article.data, list.items[i].score);
    }
    return text;
}

static size_t count_told(void)
{
    struct pv_also_list list;
    size_t count = 0;

    while (pv_co_views_next(views, now_ms, &list))
        count++;
    return count;
}

static void the_score_is_the_cosine_of_the_readers(void **state)
{
    (void)state;
    read_by(0, 3, "/a /b"); /* 3 of both */
    read_by(10, 1, "/a");   /* 4 of a */
    read_by(20, 6, "/b");   /* 9 of b: 3 / sqrt(36) */
    assert_string_equal(told_of("/a"), "/b 0.5");
    read_by(30, 1, "/b /a"); /* 4 / sqrt(50) */
    assert_string_equal(told_of("/a"), "/b 0.566");
}

static void a_pair_of_fewer_than_three_readers_says_nothing(void **state)
{
    (void)state;
    read_by(0, 2, "/a /b");
    assert_int_equal(count_told(), 0);
    reads(0, "/a /b /a /b"); /* again: still two people */
    assert_int_equal(count_told(), 0);
    reads(2, "/b /a");
    assert_int_equal(count_told(), 2);
}

static void readers_of_hours_ago_still_make_three(void **state)
{
    (void)state;
    for (uint64_t reader = 0; reader < 3; reader++) {
        reads(reader, "/a /b");
        now_ms += 5 * HOUR_MS;
    }
    assert_string_equal(told_of("/a"), "/b 1");
}

static void the_front_page_is_not_first_for_everyone(void **state)
{
    (void)state;
    for (uint64_t topic = 0; topic < 50; topic++) {
        char text[64];

        snprintf(text, sizeof text, "/ /%d/one /%d/two", (int)topic, (int)topic);
        read_by(100 * topic, 20, text); /* all come by way of the front page */
        snprintf(text, sizeof text, "/%d/one", (int)topic);
        read_by(100 * topic + 50, 20, text);
    }
    /* 20 / sqrt(40 * 20) for the related one, 20 / sqrt(40 * 1000) for the front page. */
    assert_string_equal(told_of("/7/one"), "/7/two 0.707 / 0.1");
}

static void equal_scores_stand_as_redis_has_them(void **state)
{
    (void)state;
    read_by(0, 3, "/a /é /b /a/b /b/c");
    assert_string_equal(told_of("/a"), "/é 1 /b/c 1 /b 1 /a/b 1");
}

static void a_list_has_the_ten_best(void **state)
{
    char text[1024];
    size_t places = 0;

    (void)state;
    for (int i = 0; i < 12; i++) {
        char pair[32];

        snprintf(pair, sizeof pair, "/a /%02d", i);
        read_by(100 * (uint64_t)i, 3 + (uint64_t)i, pair);
    }
    snprintf(text, sizeof text, "%s", told_of("/a"));
    for (const char *at = text; (at = strchr(at, '/')) != NULL; at++)
        places++;
    assert_int_equal(places, 10);
    assert_memory_equal(text, "/11 ", 4);
    assert_lacks(text, "/01 ");
}

static void only_changed_lists_are_told(void **state)
{
    (void)state;
    read_by(0, 400, "/a /b");
    assert_int_equal(count_told(), 2);
    assert_int_equal(count_told(), 0);
    reads(0, "/a /b"); /* nobody new */
    assert_int_equal(count_told(), 0);
    reads(1000, "/a"); /* 400 / sqrt(401 * 400) is 0.999 */
    assert_string_equal(told_of("/a"), "/b 0.999");
    reads(1001, "/c");
    assert_int_equal(count_told(), 0);
}

static void a_list_that_stays_is_told_again_after_a_day(void **state)
{
    (void)state;
    read_by(0, 1000, "/a /b");
    assert_int_equal(count_told(), 2);
    now_ms += DAY_MS - 1;
    reads(5000, "/a /b");
    assert_int_equal(count_told(), 0);
    now_ms += 1;
    reads(5001, "/a /b");
    assert_int_equal(count_told(), 2);
}

static void what_may_be_lost_is_told_again(void **state)
{
    (void)state;
    read_by(0, 3, "/a /b");
    reads(9, "/c");
    assert_int_equal(count_told(), 2);
    pv_co_views_doubt(views);
    assert_int_equal(count_told(), 2);
    assert_int_equal(count_told(), 0);
}

static void the_news_of_today_wins(void **state)
{
    (void)state;
    read_by(0, 40, "/a /old");
    now_ms += 5 * DAY_MS;
    read_by(100, 10, "/a /new");
    /* The 40 weigh 1.25 now: 10 / sqrt(11.25 * 10), 1.25 / sqrt(11.25 * 1.25) */
    assert_string_equal(told_of("/a"), "/new 0.943 /old 0.333");
}

static void scores_do_not_change_by_time_alone(void **state)
{
    (void)state;
    read_by(0, 3, "/a /b");
    read_by(10, 9, "/b");
    assert_string_equal(told_of("/a"), "/b 0.5");
    now_ms += 100 * DAY_MS; /* far enough for all counts to be made smaller */
    reads(50, "/c");
    pv_co_views_doubt(views);
    assert_string_equal(told_of("/b"), "/a 0.5");
}

static void what_was_read_years_ago_is_forgotten(void **state)
{
    (void)state;
    read_by(0, 3, "/a /b");
    assert_string_equal(told_of("/a"), "/b 1");
    now_ms += 4000 * DAY_MS;
    reads(50, "/a");
    assert_string_equal(told_of("/a"), "");
}

static void weights_survive_a_year_of_reading(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 400; day++) {
        read_by(1000 * day, 4, "/a /b");
        now_ms += DAY_MS;
    }
    assert_string_equal(told_of("/a"), "/b 1");
}

static void a_clock_that_goes_back_changes_nothing(void **state)
{
    (void)state;
    read_by(0, 2, "/a /b");
    now_ms -= DAY_MS;
    read_by(2, 2, "/a /b");
    assert_string_equal(told_of("/a"), "/b 1");
}

static void a_reader_pairs_the_last_eight_articles(void **state)
{
    (void)state;
    read_by(0, 3, "/0 /1 /2 /3 /4 /5 /6 /7 /8 /9");
    /* When 8 was read, 0 to 7 were remembered, and with 9 only 1 to 8. */
    assert_string_equal(told_of("/9"), "/8 1 /7 1 /6 1 /5 1 /4 1 /3 1 /2 1 /1 1");
}

static void a_reader_of_too_many_articles_counts_no_more(void **state)
{
    char text[32];

    (void)state;
    for (uint64_t robot = 0; robot < 3; robot++)
        for (int i = 0; i < PV_READINGS_MAX + 20; i++) {
            snprintf(text, sizeof text, "/%03d", i);
            reads(robot, text);
        }
    assert_string_equal(told_of("/119"), "-");
    pv_co_views_doubt(views);
    assert_string_equal(told_of("/099"), "/098 1 /097 1 /096 1 /095 1 /094 1 /093 1 /092 1 /091 1");
}

static void the_article_read_least_recently_gives_way(void **state)
{
    char text[32];

    (void)state;
    make(50, 1000);
    read_by(0, 5, "/a /b");
    for (uint64_t i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "/junk/%d", (int)i);
        reads(100 + i, text);
        read_by(1000 + i, 1, "/a /b"); /* still read */
    }
    assert_int_equal(pv_co_views_articles(views), 50);
    assert_string_equal(told_of("/a"), "/b 1");
    for (uint64_t i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "/junk/%d", (int)i);
        reads(100 + i, text);
    }
    read_by(5000, 2, "/a /b"); /* forgotten: two people only */
    pv_co_views_doubt(views);
    assert_string_equal(told_of("/a"), "-");
}

static void a_companion_that_gave_way_is_in_no_list(void **state)
{
    char text[32];

    (void)state;
    make(10, 1000);
    read_by(0, 5, "/a /b /c");
    for (uint64_t i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "/junk/%d", (int)i);
        reads(100 + i, text);
        reads(200 + i, "/a");
        reads(300 + i, "/b");
    }
    pv_co_views_doubt(views);
    assert_contains(told_of("/a"), "/b 0.2");
    pv_co_views_doubt(views);
    assert_lacks(told_of("/a"), "/c");
}

static void an_article_in_the_place_of_another_is_not_taken_for_it(void **state)
{
    (void)state;
    make(2, 1000);
    read_by(0, 3, "/a /b");
    assert_string_equal(told_of("/a"), "/b 1");
    reads(10, "/a");
    read_by(20, 3, "/c"); /* where /b was */
    pv_co_views_doubt(views);
    assert_string_equal(told_of("/a"), "");
}

static void a_frequent_companion_stays_among_many(void **state)
{
    char text[64];

    (void)state;
    for (uint64_t i = 0; i < 800; i++) {
        snprintf(text, sizeof text, "/a /rare/%d", (int)i);
        reads(i, text);
        if (i % 8 == 0)
            reads(10000 + i, "/a /b");
    }
    assert_contains(told_of("/a"), "/b 0.");
}

/* Whatever is read by whomever, in ids of any length. */
static void memory_is_within_its_bound(void **state)
{
    const struct pv_co_views_bounds bounds = PV_CO_VIEWS_BOUNDS;
    char article[PV_ARTICLE_SIZE_MAX];
    uint64_t random = 1;
    struct pv_error error;
    struct pv_also_list list;

    (void)state;
    pv_co_views_destroy(views);
    assert_int_equal(pv_co_views_new(&bounds, &views, &error), PV_OK);
    memset(article, 'x', sizeof article);
    for (int64_t i = 0; i < 300000; i++) {
        int length;

        random = random * UINT64_C(6364136223846793005) + 1; /* Knuth's MMIX */
        length = snprintf(article, 32, "/%d", (int)(random >> 33) % 60000);
        article[length] = 'x';
        assert_true(pv_co_views_visit(views, random >> 20,
                                      (struct pv_text){article, sizeof article}, NOW + i));
        if (i % 10 == 0)
            (void)pv_co_views_next(views, NOW + i, &list);
    }
    assert_int_equal(pv_co_views_articles(views), bounds.articles);
    assert_true(pv_co_views_bytes(views) <= PV_CO_VIEWS_BYTES_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_score_is_the_cosine_of_the_readers),
        TEST(a_pair_of_fewer_than_three_readers_says_nothing),
        TEST(readers_of_hours_ago_still_make_three),
        TEST(the_front_page_is_not_first_for_everyone),
        TEST(equal_scores_stand_as_redis_has_them),
        TEST(a_list_has_the_ten_best),
        TEST(only_changed_lists_are_told),
        TEST(a_list_that_stays_is_told_again_after_a_day),
        TEST(what_may_be_lost_is_told_again),
        TEST(the_news_of_today_wins),
        TEST(scores_do_not_change_by_time_alone),
        TEST(what_was_read_years_ago_is_forgotten),
        TEST(weights_survive_a_year_of_reading),
        TEST(a_clock_that_goes_back_changes_nothing),
        TEST(a_reader_pairs_the_last_eight_articles),
        TEST(a_reader_of_too_many_articles_counts_no_more),
        TEST(the_article_read_least_recently_gives_way),
        TEST(a_companion_that_gave_way_is_in_no_list),
        TEST(an_article_in_the_place_of_another_is_not_taken_for_it),
        TEST(a_frequent_companion_stays_among_many),
        TEST(memory_is_within_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
