/* Files that say what readers of an article also read, from a real Redis to a real directory. */
#include "real_redis_server.h"

#include <stdlib.h>

#include "dashboard_article_round.h"
#include "dashboard_files.h"
#include "logged_events.h"

#include "dashboard-export/publish.h"

/* 2026-11-24T13:05:07Z */
#define NOW_MS INT64_C(1795525507000)
#define NOW    "1795525507000"

static char out[TEST_PATH_SIZE];
static struct pv_directory directory;
static struct pv_article_files *files;
static struct pv_article_result result;

static void make_files(void)
{
    assert_int_equal(
        pv_article_files_new(redis, "pv:", &directory, &pv_badge_english, 7, &files, &error),
        PV_OK);
}

static int fresh(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    make_directory(out);
    pv_directory_init(&directory, out);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    make_files();
    return 0;
}

static int finish(void **state)
{
    (void)state;
    pv_article_files_destroy(files);
    pv_directory_clean_up(&directory);
    remove_directory(out);
    return 0;
}

static void export_round(void)
{
    assert_int_equal(article_round(files, NOW_MS, &result, &error), PV_OK);
}

/* A view in the minute in progress, as a commit would count it. */
static void view(const char *article)
{
    COMMAND("HINCRBY", "pv:views", article, "1");
    COMMAND("HINCRBY", "pv:views:2026-11-24T13:05", article, "1");
    COMMAND("HINCRBY", "pv:site:2026-11-24", "13:05", "1");
    COMMAND("HINCRBY", "pv:offsets", "pageviews/0", "1");
}

/* Readers of /a also read these, by so much. */
static void also_read(const char *article, const char *score)
{
    COMMAND("ZADD", "pv:also:/a", score, article);
}

static void hot_on_site(const char *article, const char *score)
{
    COMMAND("ZADD", "pv:trending:hot", score, article);
}

static void hot_in_news(const char *article, const char *score)
{
    COMMAND("ZADD", "pv:trending:hot:section:news", score, article);
}

/* Fails unless the items of a file are these: "/b readers 0.5, /c section 7". */
static void assert_items(const char *name, const char *expected)
{
    struct pv_buffer text = get_file(out, name);
    char found[4096] = "";

    for (const char *at = text.data; (at = strstr(at, "{\"article\":\"")) != NULL; at++) {
        const char *score = strstr(at, "\"score\":"), *by = strstr(at, "\"by\":\"");
        size_t length = strlen(found);

        assert_true(score != NULL && by != NULL);
        at += strlen("{\"article\":\"");
        score += strlen("\"score\":");
        by += strlen("\"by\":\"");
        snprintf(found + length, sizeof found - length, "%s%.*s %.*s %.*s", length > 0 ? ", " : "",
                 (int)strcspn(at, "\""), at, (int)strcspn(by, "\""), by, (int)strcspn(score, ","),
                 score);
    }
    pv_buffer_clean_up(&text);
    assert_string_equal(found, expected);
}

static void what_readers_read_comes_first_by_score(void **state)
{
    (void)state;
    also_read("/b", "0.5");
    also_read("/c", "0.566");
    also_read("/d", "0.1");
    also_read("/e", "0.001");
    also_read("/f", "1");
    hot_on_site("/z", "99");
    COMMAND("HSET", "pv:views", "/c", "12");
    COMMAND("HSET", "pv:article:/c", "title", "A \"title\"", "section", "news");
    view("/a");
    export_round();
    assert_int_equal(result.written, 3);
    assert_items("also-read/a.json", "/f readers 1, /c readers 0.566, /b readers 0.5, "
                                     "/d readers 0.1, /e readers 0.001");
    assert_file_contains(
        out, "also-read/a.json",
        "\"schema\":\"pageviews/also-read/1\",\"exact\":true,"
        "\"counted_to\":{\"pageviews/0\":1},\"article\":\"/a\",\"items\":[{\"article\":");
    assert_file_contains(out, "also-read/a.json",
                         ",{\"article\":\"/c\",\"title\":\"A \\\"title\\\"\",\"section\":\"news\","
                         "\"views\":12,\"score\":0.566,\"by\":\"readers\"},");
    assert_file_contains(out, "also-read/a.json", "\"title\":null,\"section\":null,\"views\":0,");
}

static void what_is_hot_fills_up_to_five(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:article:/a", "section", "news");
    also_read("/b", "0.5");
    also_read("/n1", "0.25");
    hot_in_news("/n1", "40"); /* known of already */
    hot_in_news("/a", "30");  /* the article itself */
    hot_in_news("/n2", "12.5");
    hot_on_site("/n2", "70");
    hot_on_site("/s1", "60");
    hot_on_site("(other)", "50");
    hot_on_site("/s2", "1234567");
    hot_on_site("/s3", "5");
    view("/a");
    export_round();
    assert_items("also-read/a.json", "/b readers 0.5, /n1 readers 0.25, /n2 section 12.5, "
                                     "/s2 section 1.23457e+06, /s1 section 60");
}

static void without_co_views_it_is_what_is_hot(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:article:/a", "section", "news");
    COMMAND("HSET", "pv:article:/b", "section", "nothing hot here");
    hot_in_news("/n1", "40");
    for (int i = 1; i < 10; i++) {
        char article[8], score[8];

        snprintf(article, sizeof article, "/s%d", i);
        snprintf(score, sizeof score, "%d", i);
        hot_on_site(article, score);
    }
    view("/a");
    view("/b");
    export_round();
    assert_items("also-read/a.json",
                 "/n1 section 40, /s9 section 9, /s8 section 8, /s7 section 7, /s6 section 6");
    assert_items("also-read/b.json",
                 "/s9 section 9, /s8 section 8, /s7 section 7, /s6 section 6, /s5 section 5");
}

static void an_article_of_which_nothing_is_known_has_no_file(void **state)
{
    (void)state;
    hot_on_site("/a", "3");
    view("/a");
    export_round();
    assert_int_equal(result.written, 2);
    assert_false(file_exists(out, "also-read/a.json"));
}

static void what_is_no_article_or_the_article_itself_is_left_out(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        char article[8], score[8];

        snprintf(article, sizeof article, "/%02d", i);
        snprintf(score, sizeof score, "0.%02d", i + 10);
        also_read(article, score);
    }
    also_read("/\xff", "0.9");
    also_read("no path", "0.8");
    also_read("/a", "0.7");
    view("/a");
    export_round();
    assert_items("also-read/a.json", "/11 readers 0.21, /10 readers 0.2, /09 readers 0.19, "
                                     "/08 readers 0.18, /07 readers 0.17, /06 readers 0.16, "
                                     "/05 readers 0.15");
}

static void a_score_that_json_cannot_say_is_left_out(void **state)
{
    (void)state;
    also_read("/b", "inf");
    also_read("/c", "0.5");
    also_read("/d", "-inf");
    hot_on_site("/e", "inf");
    hot_on_site("/f", "7");
    view("/a");
    export_round();
    assert_items("also-read/a.json", "/c readers 0.5, /f section 7");
}

static void changed_co_views_write_the_file_without_a_view(void **state)
{
    (void)state;
    also_read("/b", "0.5");
    view("/a");
    export_round();
    also_read("/c", "0.75");
    COMMAND("ZADD", "pv:also_changed", NOW, "/a", "1", "/of-long-ago");
    export_round();
    assert_items("also-read/a.json", "/c readers 0.75, /b readers 0.5");
    assert_false(file_exists(out, "articles/of-long-ago.json"));
    COMMAND("ZADD", "pv:also:/a", "0.9", "/b");
    export_round(); /* the change was taken up before */
    assert_items("also-read/a.json", "/c readers 0.75, /b readers 0.5");
    COMMAND("ZADD", "pv:also_changed", "1795525507001", "/a");
    export_round();
    assert_items("also-read/a.json", "/b readers 0.9, /c readers 0.75");
}

static void views_and_how_hot_do_not_write_it_again(void **state)
{
    struct stat before;

    (void)state;
    also_read("/b", "0.5");
    hot_on_site("/c", "7");
    view("/a");
    export_round();
    before = file_identity(out, "also-read/a.json");
    hot_on_site("/c", "8");
    view("/b");
    view("/a");
    export_round();
    assert_untouched(out, "also-read/a.json", before);
    COMMAND("HSET", "pv:article:/b", "title", "A title");
    view("/a");
    export_round();
    assert_file_contains(out, "also-read/a.json", "\"title\":\"A title\"");
}

static void a_file_that_failed_is_written_in_the_next_round(void **state)
{
    char place[TEST_PATH_SIZE + 32];

    (void)state;
    snprintf(place, sizeof place, "%s/also-read", out);
    put_file(out, "also-read", "in its way", 10);
    also_read("/b", "0.5");
    view("/a");
    assert_int_equal(article_round(files, NOW_MS, &result, &error), PV_IO);
    assert_int_equal(unlink(place), 0);
    export_round();
    assert_items("also-read/a.json", "/b readers 0.5");
}

static void a_key_of_another_type_is_said_and_costs_only_its_list(void **state)
{
    (void)state;
    COMMAND("SET", "pv:also:/a", "no list");
    COMMAND("SET", "pv:article:/c", "no hash");
    hot_on_site("/c", "7");
    COMMAND("ZADD", "pv:also:/b", "0.5", "/c");
    view("/a");
    view("/b");
    export_round();
    assert_items("also-read/a.json", "/c section 7");
    assert_items("also-read/b.json", "/c readers 0.5");
    assert_contains(logged, " article_unreadable article=/a error=");
    assert_contains(logged, " article_unreadable article=/c error=");
}

static void a_hot_list_of_another_type_costs_only_itself(void **state)
{
    (void)state;
    COMMAND("SET", "pv:trending:hot:section:news", "no list");
    COMMAND("HSET", "pv:article:/a", "section", "news");
    COMMAND("HSET", "pv:article:/b", "section", "news");
    hot_on_site("/c", "7");
    view("/a");
    view("/b");
    export_round();
    assert_items("also-read/a.json", "/c section 7");
    assert_items("also-read/b.json", "/c section 7");
}

static void more_changes_than_a_round_takes_are_told(void **state)
{
    (void)state;
    COMMAND("EVAL",
            "for i = 1, 6000 do redis.call('ZADD', KEYS[1], ARGV[1] + i, '/' .. i) end return 1",
            "1", "pv:also_changed", NOW);
    export_round();
    assert_true(pv_article_files_want_more(files));
    export_round();
    assert_false(pv_article_files_want_more(files));
    assert_true(file_exists(out, "articles/1.json") && file_exists(out, "articles/6000.json"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, finish)
    const struct CMUnitTest tests[] = {
        TEST(what_readers_read_comes_first_by_score),
        TEST(what_is_hot_fills_up_to_five),
        TEST(without_co_views_it_is_what_is_hot),
        TEST(an_article_of_which_nothing_is_known_has_no_file),
        TEST(what_is_no_article_or_the_article_itself_is_left_out),
        TEST(a_score_that_json_cannot_say_is_left_out),
        TEST(changed_co_views_write_the_file_without_a_view),
        TEST(views_and_how_hot_do_not_write_it_again),
        TEST(a_file_that_failed_is_written_in_the_next_round),
        TEST(a_key_of_another_type_is_said_and_costs_only_its_list),
        TEST(a_hot_list_of_another_type_costs_only_itself),
        TEST(more_changes_than_a_round_takes_are_told),
    };

    return cmocka_run_group_tests(tests, real_redis_server_start, real_redis_server_stop);
}
