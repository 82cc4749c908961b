#include "test_pageview_support.h"

#include "dashboard-export/live_top_table.h"

#define NOW_MS INT64_C(1763989507000) /* 2025-11-24T13:05:07Z */

static struct pv_live_view view;
static struct pv_reader_article articles[8];
static struct pv_buffer text;

#define ENTRY(name, score)                                                                         \
    {                                                                                              \
        (name), sizeof(name) - 1, (score)                                                          \
    }

static void show(const struct pv_reader_entry *entries, size_t count, size_t columns)
{
    view.entries = entries;
    view.articles = articles;
    view.count = count;
    pv_buffer_reset(&text);
    pv_live_table_write(&text, &view, columns);
    pv_buffer_add_char(&text, '\0');
    assert_false(text.failed);
}

static int begin(void **state)
{
    (void)state;
    memset(articles, 0, sizeof articles);
    view = (struct pv_live_view){
        .list = "1h",
        .now_ms = NOW_MS,
        .clock_ms = NOW_MS,
        .times = {.last_commit_ms = NOW_MS,
                  .caught_up_ms = -1,
                  .last_ranking_ms = NOW_MS - 3000,
                  .ranking_clock_ms = NOW_MS - 3000},
        .minute_views = 12,
        .five_minutes_views = 345,
        .five_minutes_people = 67,
    };
    return 0;
}

static int end(void **state)
{
    (void)state;
    pv_buffer_clean_up(&text);
    return 0;
}

static void a_row_has_rank_views_article_and_title(void **state)
{
    static const struct pv_reader_entry entries[] = {ENTRY("/blog/one", 120), ENTRY("/b", 3)};

    (void)state;
    articles[0].title = "The first";
    show(entries, 2, 0);
    assert_string_equal(text.data, "Page views, list 1h  2025-11-24T13:05:07Z  ranked 3 s ago\n"
                                   "Site: 12 views this minute, 345 in five minutes, by 67 people\n"
                                   "\n"
                                   "   #      VIEWS MOVED  ARTICLE     TITLE\n"
                                   "   1        120        /blog/one   The first\n"
                                   "   2          3        /b\n");
}

static void scores_that_are_no_views_have_a_fraction(void **state)
{
    static const struct pv_reader_entry entries[] = {ENTRY("/a", 12.345), ENTRY("/b", 1e300)};

    (void)state;
    view.list = "hot";
    view.section = "sport";
    show(entries, 2, 0);
    assert_contains(text.data, "list hot of section sport");
    assert_contains(text.data, "SCORE");
    assert_contains(text.data, " 12.35 ");
    assert_contains(text.data, " 1e+300 ");
}

static void a_row_says_how_far_it_moved(void **state)
{
    static const struct pv_reader_entry before[] = {ENTRY("/a", 9), ENTRY("/b", 8), ENTRY("/c", 7),
                                                    ENTRY("/d", 6)};
    static const struct pv_reader_entry entries[] = {ENTRY("/c", 10), ENTRY("/a", 9),
                                                     ENTRY("/new", 8), ENTRY("/d", 6)};

    (void)state;
    view.before = before;
    view.before_count = 4;
    show(entries, 4, 0);
    assert_contains(text.data, "    +2  /c\n");
    assert_contains(text.data, "    -1  /a\n");
    assert_contains(text.data, "   new  /new\n");
    assert_contains(text.data, "        /d\n");
}

static void no_byte_reaches_the_terminal_as_a_command(void **state)
{
    static const struct pv_reader_entry entries[] = {
        ENTRY("/\033[2J\r\n\xff\x9b\xc2\x9b\xe2\x80\xae", 1)};

    (void)state;
    articles[0].title = "a\x07"
                        "b";
    view.section = "s\033c";
    view.trouble = "not\033 well";
    show(entries, 1, 0);
    assert_contains(text.data, "  /?[2J??????  a?b\n");
    assert_contains(text.data, "section s?c ");
    assert_contains(text.data, "not? well\n");
    for (const char *c = text.data; *c != '\0'; c++)
        assert_true(*c == '\n' || (unsigned char)*c >= ' ');
}

static void lines_fit_the_window(void **state)
{
    static const struct pv_reader_entry entries[] = {
        ENTRY("/ünder/a/path/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on", 1),
        ENTRY("/b", 1)};

    (void)state;
    articles[0].title = "A title that goes on and on and on and on and on and on and on and on";
    for (size_t columns = 1; columns < 120; columns++) {
        size_t width = 0;

        show(entries, 2, columns);
        for (const char *c = text.data; *c != '\0'; c++) {
            if (*c == '\n')
                width = 0;
            else if (((unsigned char)*c & 0xc0) != 0x80)
                width++;
            assert_true(width <= columns);
        }
    }
    show(entries, 2, 80);
    assert_contains(text.data, "…  A title");
}

static void counts_that_are_behind_say_so(void **state)
{
    (void)state;
    view.times.last_commit_ms = NOW_MS - 90000;
    show(NULL, 0, 0);
    assert_contains(text.data, "ranked 3 s ago, counts 90 s behind\n");
    view.times.caught_up_ms = NOW_MS - 4000; /* nothing came since */
    show(NULL, 0, 0);
    assert_lacks(text.data, "behind");
    view.times.caught_up_ms = view.times.last_commit_ms = -1;
    show(NULL, 0, 0);
    assert_lacks(text.data, "behind");
}

static void an_old_or_empty_list_says_so(void **state)
{
    (void)state;
    view.times.last_ranking_ms = NOW_MS - 180000;
    show(NULL, 0, 0);
    assert_contains(text.data, "ranked 3 min ago");
    assert_contains(text.data, "The list is empty.");
    view.times.last_ranking_ms = NOW_MS + 5000; /* another machine's clock */
    show(NULL, 0, 0);
    assert_contains(text.data, "ranked 0 s ago");
    view.times.last_ranking_ms = -1;
    show(NULL, 0, 0);
    assert_contains(text.data, "never ranked");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_row_has_rank_views_article_and_title),
        TEST(scores_that_are_no_views_have_a_fraction),
        TEST(a_row_says_how_far_it_moved),
        TEST(no_byte_reaches_the_terminal_as_a_command),
        TEST(lines_fit_the_window),
        TEST(counts_that_are_behind_say_so),
        TEST(an_old_or_empty_list_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
