#include "test_pageview_support.h"

#include "dashboard-export/serve/target.h"

static void assert_kind(const char *url, enum pv_target_kind kind)
{
    struct pv_target target;

    pv_target_parse(url, &target);
    if (target.kind != kind)
        fail_msg("%s is of kind %d, not %d", url, target.kind, kind);
}

static void assert_path(const char *url, enum pv_target_kind kind, const char *path)
{
    struct pv_target target;

    assert_kind(url, kind);
    pv_target_parse(url, &target);
    assert_string_equal(target.path, path);
}

static void path_that_leaves_the_directory_is_nothing(void **state)
{
    static const char *const urls[] = {
        "",
        "..",
        "totals.json",
        "http://host/totals.json",
        "*",
        "//",
        "//totals.json",
        "/a//b",
        "/a/",
        "/.",
        "/..",
        "/../totals.json",
        "/a/../totals.json",
        "/a/..",
        "/%2e%2e/totals.json",
        "/%2E./totals.json",
        "/.%2e/totals.json",
        "/a%2f..%2ftotals.json",
        "/a%2Fb",
        "/%00",
        "/totals.json%00.html",
        "/..\\totals.json",
        "/a%5cb",
        "/.totals.json.tmp",
        "/a/.hidden",
        "/%2ehidden",
        "/a%0d%0ab",
        "/a%7f",
        "/%c2%80",
        "/%ff",
        "/%c0%ae%c0%ae/totals.json",
        "/%",
        "/%4",
        "/%zz",
        "/%%34",
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_kind(urls[i], PV_TARGET_NOTHING);
}

static void path_of_a_file_is_told_as_it_is(void **state)
{
    (void)state;
    assert_path("/", PV_TARGET_FILE, "index.html");
    assert_path("/totals.json", PV_TARGET_FILE, "totals.json");
    assert_path("/dashboard/a..b/c.js", PV_TARGET_FILE, "dashboard/a..b/c.js");
    assert_path("/trending/hot/%c3%84.json", PV_TARGET_FILE, "trending/hot/\xc3\x84.json");
    assert_path("/a%20b%25", PV_TARGET_FILE, "a b%");
    assert_path("/articles/a.svg", PV_TARGET_FILE, "articles/a.svg");
    assert_path("/articles/.json", PV_TARGET_NOTHING, "articles/.json");
    assert_path("/events", PV_TARGET_EVENTS, "events");
    assert_path("/live.json", PV_TARGET_LIVE, "live.json");
    assert_path("/live.json.gz", PV_TARGET_FILE, "live.json.gz");
}

static void path_longer_than_any_of_ours_is_nothing(void **state)
{
    char url[PV_LAYOUT_PATH_SIZE + 2];

    (void)state;
    memset(url, 'a', sizeof url);
    url[0] = '/';
    url[PV_LAYOUT_PATH_SIZE] = '\0';
    assert_kind(url, PV_TARGET_FILE);
    url[PV_LAYOUT_PATH_SIZE] = 'a';
    url[PV_LAYOUT_PATH_SIZE + 1] = '\0';
    assert_kind(url, PV_TARGET_NOTHING);
}

static void assert_article(const char *url, const char *article)
{
    struct pv_target target;

    assert_kind(url, PV_TARGET_ARTICLE);
    pv_target_parse(url, &target);
    assert_int_equal(target.article_length, strlen(article));
    assert_memory_equal(target.article, article, target.article_length);
}

static void name_of_an_article_gives_its_id(void **state)
{
    (void)state;
    assert_article("/articles/2026/11/24/slug.json", "/2026/11/24/slug");
    assert_article("/articles/~.json", "/");
    assert_article("/articles/a/~/b/~.json", "/a//b/");
    assert_article("/articles/%C3%A4.json", "/\xc3\xa4");
    assert_article("/articles/a~b.json", "/a~b");
}

static void name_with_a_hash_is_a_file(void **state)
{
    (void)state;
    assert_kind("/articles/~0123456789abcdef0123456789abcdef.json", PV_TARGET_FILE);
    assert_kind("/articles/a/~~.json", PV_TARGET_FILE);
    assert_kind("/articles/a%20b.json", PV_TARGET_FILE);    /* such a component is a hash */
    assert_kind("/articles/a.json/b.json", PV_TARGET_FILE); /* and such a one */
    assert_kind("/articles/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q.json", PV_TARGET_FILE);
}

/* Ids of few different characters, so that many of each kind come up. */
static size_t make_id(char *id, size_t most)
{
    static const char characters[] = "//~~..ab-%\xc3\xa4 ";
    size_t length = 1 + (size_t)rand() % (most - 1);

    id[0] = '/';
    for (size_t i = 1; i < length; i++)
        id[i] = characters[(size_t)rand() % (sizeof characters - 1)];
    return length;
}

static void every_name_without_a_hash_is_undone_and_no_other(void **state)
{
    int undone = 0, hashed = 0;

    (void)state;
    srand(1);
    for (int i = 0; i < 200000; i++) {
        char id[24], name[PV_SAFE_NAME_SIZE], again[PV_SAFE_NAME_SIZE + 1];
        size_t length = make_id(id, sizeof id), again_length;
        size_t name_length = pv_safe_name(id, length, name);

        if (pv_target_article(name, name_length, again, &again_length)) {
            assert_int_equal(again_length, length);
            assert_memory_equal(again, id, length);
            undone++;
        } else {
            assert_non_null(strchr(name, '~'));
            hashed++;
        }
    }
    assert_true(undone > 5000 && hashed > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_that_leaves_the_directory_is_nothing),
        cmocka_unit_test(path_of_a_file_is_told_as_it_is),
        cmocka_unit_test(path_longer_than_any_of_ours_is_nothing),
        cmocka_unit_test(name_of_an_article_gives_its_id),
        cmocka_unit_test(name_with_a_hash_is_a_file),
        cmocka_unit_test(every_name_without_a_hash_is_undone_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
