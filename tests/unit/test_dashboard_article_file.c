/* The files of articles, from a real Redis to a real directory. */
#include "real_redis_server.h"

#include <stdlib.h>

#include "dashboard_article_round.h"
#include "dashboard_files.h"

#include "dashboard-export/article_changes.h"
#include "dashboard-export/publish.h"
#include "pageview/bucket.h"

/* 2026-11-24T13:05:07Z */
#define NOW_MS INT64_C(1795525507000)

static char out[TEST_PATH_SIZE];
static struct pv_directory directory;
static struct pv_article_files *files;
static struct pv_article_result result;

static int fresh(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    make_directory(out);
    pv_directory_init(&directory, out);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_int_equal(
        pv_article_files_new(redis, "pv:", &directory, &pv_badge_english, 7, &files, &error),
        PV_OK);
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

static enum pv_status export_at(int64_t now_ms)
{
    return article_round(files, now_ms, &result, &error);
}

static enum pv_status export_round(void)
{
    return export_at(NOW_MS);
}

/* A view in the minute in progress, as a commit would count it. */
static void view(const char *article)
{
    COMMAND("HINCRBY", "pv:views", article, "1");
    COMMAND("HINCRBY", "pv:views:2026-11-24", article, "1");
    COMMAND("HINCRBY", "pv:views:2026-11-24T13", article, "1");
    COMMAND("HINCRBY", "pv:views:2026-11-24T13:05", article, "1");
    COMMAND("HINCRBY", "pv:site:2026-11-24", "13:05", "1");
    COMMAND("HINCRBY", "pv:offsets", "pageviews/0", "1");
}

static void viewed_article_has_both_files(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:views", "/2026/slug", "86");
    COMMAND("HSET", "pv:views:2026-11-23", "/2026/slug", "80");
    COMMAND("HSET", "pv:views:2026-11-24T12", "/2026/slug", "6");
    COMMAND("HSET", "pv:article:/2026/slug", "title", "A title", "section", "news");
    COMMAND("PFADD", "pv:visitors:2026-11-24:/2026/slug", "a", "b", "c");
    COMMAND("ZADD", "pv:trending:1h", "5", "/other", "4", "/2026/slug");
    view("/2026/slug");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2);
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.inexact, 0);
    assert_file_contains(out, "articles/2026/slug.json",
                         ",\"article\":\"/2026/slug\",\"title\":\"A title\",\"section\":\"news\","
                         "\"total\":87,\"today\":1,\"this_hour\":1,\"visitors_today\":3,");
    assert_file_contains(out, "articles/2026/slug.json", ",6,1]},\"days\":");
    assert_file_contains(out, "articles/2026/slug.json", ",80,1]},\"ranks\":{\"1h\":2}}\n");
    assert_file_contains(out, "articles/2026/slug.json", "{\"pageviews/0\":1}");
    assert_file_contains(out, "articles/2026/slug.svg", "<title>87 views</title>");
}

static size_t count_entries_of(const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, out, name);
    return count_entries(path);
}

static void only_what_changed_is_written_again(void **state)
{
    struct stat before;

    (void)state;
    view("/a");
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 4);
    before = file_identity(out, "articles/a.json");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 0);
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2);
    assert_untouched(out, "articles/a.json", before);
    assert_file_contains(out, "articles/b.json", "\"total\":2,");
}

/* Another seed, and nothing is remembered. */
static void start_again(void)
{
    pv_article_files_destroy(files);
    assert_int_equal(
        pv_article_files_new(redis, "pv:", &directory, &pv_badge_english, 8, &files, &error),
        PV_OK);
}

static void new_process_leaves_what_was_not_counted_since_alone(void **state)
{
    struct stat before;

    (void)state;
    view("/a");
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    before = file_identity(out, "articles/a.json");
    view("/b");
    start_again();
    assert_int_equal(export_at(NOW_MS + 1000), PV_OK);
    assert_int_equal(result.written, 2);
    assert_int_equal(result.unchanged, 2);
    assert_untouched(out, "articles/a.json", before);
    assert_file_contains(out, "articles/a.json", "\"counted_to\":{\"pageviews/0\":2}");
    assert_file_contains(out, "articles/b.json", "\"counted_to\":{\"pageviews/0\":3}");
    assert_file_contains(out, "articles/b.json", "\"total\":2,");
}

static void new_process_writes_what_changed_in_any_way(void **state)
{
    (void)state;
    view("/a");
    assert_int_equal(export_round(), PV_OK);
    COMMAND("HSET", "pv:article:/a", "title", "Named since");
    start_again();
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 1); /* the badge says the same */
    assert_file_contains(out, "articles/a.json", "\"title\":\"Named since\"");
    put_file(out, "articles/a.json", "{}", 2);
    put_file(out, "articles/a.svg", "", 0);
    start_again();
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2);
    assert_file_contains(out, "articles/a.json", "\"total\":1,");
}

static void compressed_file_is_beside_json_and_no_other(void **state)
{
    struct stat before;

    (void)state;
    directory.gzip = true;
    view("/a");
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 4);
    assert_true(file_exists(out, "articles/a.json.gz"));
    assert_true(file_exists(out, "articles/b.json.gz"));
    assert_false(file_exists(out, "articles/a.svg.gz"));
    before = file_identity(out, "articles/a.json.gz");
    start_again();
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    assert_untouched(out, "articles/a.json.gz", before);
    assert_int_equal(unlinkat(directory.fd, "articles/a.json.gz", 0), 0);
    start_again();
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 1);
    assert_true(file_exists(out, "articles/a.json.gz"));
    directory.gzip = false;
    view("/a");
    assert_int_equal(export_round(), PV_OK);
    assert_false(file_exists(out, "articles/a.json.gz"));
    assert_int_equal(count_entries_of("articles"), 5); /* two of each, and b.json.gz */
}

static void late_view_is_written(void **state)
{
    (void)state;
    view("/a");
    assert_int_equal(export_round(), PV_OK);
    COMMAND("HINCRBY", "pv:views", "/late", "1");
    COMMAND("HINCRBY", "pv:views:2026-11-24T11:59", "/late", "1");
    COMMAND("HINCRBY", "pv:site:2026-11-24", "11:59", "1");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2);
    assert_file_contains(out, "articles/late.json", "\"total\":1,");
}

static void views_on_both_sides_of_midnight_are_seen(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:views:2026-11-23T23:59", "/before", "1");
    COMMAND("HSET", "pv:site:2026-11-23", "23:59", "1");
    COMMAND("HSET", "pv:views:2026-11-24T00:00", "/after", "1");
    COMMAND("HSET", "pv:site:2026-11-24", "00:00", "1", "23:59", "7");
    assert_int_equal(export_at(NOW_MS - 13 * PV_HOUR_MS), PV_OK); /* 00:05:07 */
    assert_int_equal(result.written, 4);
    assert_true(file_exists(out, "articles/before.json"));
    assert_true(file_exists(out, "articles/after.json"));
}

static void hostile_ids_stay_in_the_directory(void **state)
{
    (void)state;
    view("/../../../../tmp/pv-escaped");
    view("/");
    view("//");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 6);
    assert_true(file_exists(out, "articles/~.json"));
    assert_true(file_exists(out, "articles/~/~.json"));
    assert_false(file_exists("/tmp", "pv-escaped.json"));
    assert_int_equal(count_entries(out), 1);
}

/* /a is a file and a directory beside it: /a/b. */
static void article_below_another_has_its_place(void **state)
{
    (void)state;
    view("/a");
    view("/a/b");
    view("/a.json/b");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 6);
    assert_true(file_exists(out, "articles/a.json"));
    assert_true(file_exists(out, "articles/a/b.json"));
}

static void failed_article_is_tried_again_and_keeps_no_other(void **state)
{
    char in_the_way[TEST_PATH_SIZE];

    (void)state;
    view("/a");
    view("/b");
    join_path(in_the_way, out, "articles");
    assert_return_code(mkdir(in_the_way, 0755), 0);
    join_path(in_the_way, out, "articles/a.json");
    assert_return_code(mkdir(in_the_way, 0755), 0);
    assert_int_equal(export_round(), PV_IO);
    assert_contains(error.text, "articles/a.json");
    assert_int_equal(result.failed, 1);
    assert_true(file_exists(out, "articles/b.json"));
    assert_return_code(rmdir(in_the_way), 0);
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 1); /* its badge was there already */
    assert_file_contains(out, "articles/a.json", "\"total\":1,");
}

static void key_of_another_type_is_as_if_unknown(void **state)
{
    (void)state;
    COMMAND("SET", "pv:article:/a", "text");
    COMMAND("SET", "pv:visitors:2026-11-24:/a", "text");
    view("/a");
    view("/b");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 4);
    assert_file_contains(out, "articles/a.json", "\"title\":null,");
    assert_file_contains(out, "articles/a.json", "\"visitors_today\":null,");
    assert_file_contains(out, "articles/b.json", "\"visitors_today\":0,");
}

static void counts_of_another_type_fail_without_losing_the_article(void **state)
{
    (void)state;
    COMMAND("SET", "pv:views:2026-11-23", "text");
    view("/a");
    assert_int_equal(export_round(), PV_REFUSED);
    assert_contains(error.text, "WRONGTYPE");
    COMMAND("DEL", "pv:views:2026-11-23");
    assert_int_equal(export_round(), PV_OK); /* all answers of the broken round were received */
    assert_int_equal(result.written, 2);
    assert_file_contains(out, "articles/a.json", "\"total\":1,");
}

static void list_of_another_type_fails_without_losing_the_article(void **state)
{
    (void)state;
    COMMAND("SET", "pv:trending:hot", "text");
    view("/a");
    assert_int_equal(export_round(), PV_REFUSED);
    assert_contains(error.text, "WRONGTYPE");
    COMMAND("DEL", "pv:trending:hot");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2);
}

/* Sets fields "/0" … of a hash to 1. */
static void fill(const char *key, int fields)
{
    char name[24];

    for (int i = 0; i < fields; i++) {
        snprintf(name, sizeof name, "/%d", i);
        COMMAND("HSET", key, name, "1");
    }
}

static void all_articles_are_written_when_wanted(void **state)
{
    (void)state;
    fill("pv:views", 2345);
    COMMAND("HSET", "pv:views", "(other)", "7");
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 0);
    pv_article_files_want_all(files);
    assert_true(pv_article_files_want_more(files));
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2 * 2345);
    assert_false(pv_article_files_want_more(files));
    assert_file_contains(out, "articles/2344.svg", "1 view<");
}

static void chunk_that_fails_leaves_no_answer_for_what_is_asked_next(void **state)
{
    enum { MORE_THAN_A_CHUNK = 2100 };
    char place[TEST_PATH_SIZE + 32];

    (void)state;
    fill("pv:views", MORE_THAN_A_CHUNK);
    fill("pv:views:2026-11-24T13:05", MORE_THAN_A_CHUNK);
    COMMAND("HSET", "pv:site:2026-11-24", "13:05", "2100");
    put_file(out, "articles", "in their way", 12);
    assert_int_equal(export_round(), PV_IO);
    assert_int_equal(result.failed, MORE_THAN_A_CHUNK);
    snprintf(place, sizeof place, "%s/articles", out);
    assert_int_equal(unlink(place), 0);
    assert_int_equal(export_round(), PV_OK);
    assert_int_equal(result.written, 2 * MORE_THAN_A_CHUNK);
}

/* They are in several pages, in several thousands that are read together, and in all three chunks.
 */
static void each_article_that_fails_is_tried_again_and_no_other(void **state)
{
    enum { ARTICLES = 4500 };
    static const int bad[] = {0, 249, 250, 777, 1999, 2000, 2600, 3501, 4499};
    enum { BAD = sizeof bad / sizeof bad[0] };
    char place[TEST_PATH_SIZE + 32];

    (void)state;
    fill("pv:views", ARTICLES);
    fill("pv:views:2026-11-24T13:05", ARTICLES);
    COMMAND("HSET", "pv:site:2026-11-24", "13:05", "4500");
    snprintf(place, sizeof place, "%s/articles", out);
    assert_return_code(mkdir(place, 0755), 0);
    for (size_t i = 0; i < BAD; i++) { /* every other one cannot be written, the rest not shown */
        snprintf(place, sizeof place,
                 i % 2 == 0 ? "%s/articles/.%d.json.tmp" : "%s/articles/%d.json", out, bad[i]);
        assert_return_code(mkdir(place, 0755), 0);
    }
    assert_int_equal(export_round(), PV_IO);
    assert_int_equal(result.failed, BAD);
    for (size_t i = 0; i < BAD; i++) {
        snprintf(place, sizeof place,
                 i % 2 == 0 ? "%s/articles/.%d.json.tmp" : "%s/articles/%d.json", out, bad[i]);
        assert_return_code(rmdir(place), 0);
        snprintf(place, sizeof place, "articles/%d.json", bad[i]);
        assert_false(file_exists(out, place));
    }
    assert_int_equal(export_round(), PV_OK);
    for (size_t i = 0; i < BAD; i++) {
        snprintf(place, sizeof place, "articles/%d.json", bad[i]);
        assert_file_contains(out, place, "\"total\":1,");
    }
    assert_int_equal(result.failed, 0);
    /* An article whose JSON could not be written has no badge yet. */
    assert_int_equal(result.written, BAD + (BAD + 1) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(viewed_article_has_both_files, fresh, finish),
        cmocka_unit_test_setup_teardown(only_what_changed_is_written_again, fresh, finish),
        cmocka_unit_test_setup_teardown(new_process_leaves_what_was_not_counted_since_alone, fresh,
                                        finish),
        cmocka_unit_test_setup_teardown(new_process_writes_what_changed_in_any_way, fresh, finish),
        cmocka_unit_test_setup_teardown(compressed_file_is_beside_json_and_no_other, fresh, finish),
        cmocka_unit_test_setup_teardown(late_view_is_written, fresh, finish),
        cmocka_unit_test_setup_teardown(views_on_both_sides_of_midnight_are_seen, fresh, finish),
        cmocka_unit_test_setup_teardown(hostile_ids_stay_in_the_directory, fresh, finish),
        cmocka_unit_test_setup_teardown(article_below_another_has_its_place, fresh, finish),
        cmocka_unit_test_setup_teardown(failed_article_is_tried_again_and_keeps_no_other, fresh,
                                        finish),
        cmocka_unit_test_setup_teardown(key_of_another_type_is_as_if_unknown, fresh, finish),
        cmocka_unit_test_setup_teardown(counts_of_another_type_fail_without_losing_the_article,
                                        fresh, finish),
        cmocka_unit_test_setup_teardown(list_of_another_type_fails_without_losing_the_article,
                                        fresh, finish),
        cmocka_unit_test_setup_teardown(all_articles_are_written_when_wanted, fresh, finish),
        cmocka_unit_test_setup_teardown(each_article_that_fails_is_tried_again_and_no_other, fresh,
                                        finish),
        cmocka_unit_test_setup_teardown(chunk_that_fails_leaves_no_answer_for_what_is_asked_next,
                                        fresh, finish),
    };

    return cmocka_run_group_tests(tests, real_redis_server_start, real_redis_server_stop);
}
