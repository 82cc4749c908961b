#include "test_pageview_support.h"

#include "dashboard-export/safe_name.h"

static void assert_name(const char *id, const char *expected)
{
    char name[PV_SAFE_NAME_SIZE];
    size_t length = pv_safe_name(id, strlen(id), name);

    assert_int_equal(length, strlen(name));
    assert_string_equal(name, expected);
}

static void ids_of_articles_are_paths(void **state)
{
    (void)state;
    assert_name("/2026/11/24/slug", "2026/11/24/slug");
    assert_name("/a", "a");
    assert_name("/Artikel_1-2,3.html", "Artikel_1-2,3.html");
    assert_name("/stra\xc3\x9f"
                "e/b~c",
                "stra\xc3\x9f"
                "e/b~c");
    assert_name("news", "news");
}

static void empty_components_are_a_tilde(void **state)
{
    (void)state;
    assert_name("/", "~");
    assert_name("//", "~/~");
    assert_name("/a//b", "a/~/b");
    assert_name("/a/", "a/~");
    assert_name("//etc/passwd", "~/etc/passwd");
}

/* The digits are those of `printf %s .. | sha256sum`. */
static void unsafe_components_are_their_hash(void **state)
{
    (void)state;
    assert_name("/..", "~5ec1f7e700f37c3d0b2981d04855fc34");
    assert_name("/a/../b", "a/~5ec1f7e700f37c3d0b2981d04855fc34/b");
    assert_name("/a b", "~c8687a08aa5d6ed2044328fa6a697ab8");
    assert_name("/.htaccess", "~270939b4fba4be968ab78e23dc0207eb");
}

/* Each would be a file of another kind, a hidden one, or one of an id that is hashed. */
static void names_that_would_be_taken_for_others_are_hashed(void **state)
{
    static const char *const unsafe[] = {
        "/a.json", "/a.svg", "/a.csv",    "/a.json.gz", "/~",    "/~a",          "/~~x",
        "/.",      "/...",   "/.a.tmp",   "/a\\b",      "/a?b",  "/a%b",         "/a*b",
        "/a\x01",  "/a\x7f", "/\xc2\x80", "/\xff",      "/\xc3", "/\xed\xa0\x80"};
    char name[PV_SAFE_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        assert_int_equal(pv_safe_name(unsafe[i], strlen(unsafe[i]), name), 33);
        assert_int_equal(name[0], '~');
        assert_int_equal(strspn(name + 1, "0123456789abcdef"), 32);
    }
}

static void nul_is_no_end(void **state)
{
    char cut[PV_SAFE_NAME_SIZE], whole[PV_SAFE_NAME_SIZE];

    (void)state;
    pv_safe_name("/a", 2, cut);
    assert_int_equal(pv_safe_name("/a\0b", 4, whole), 33);
    assert_string_not_equal(cut, whole);
}

static void long_components_are_hashed(void **state)
{
    char id[1 + PV_SAFE_COMPONENT_MAX + 1], name[PV_SAFE_NAME_SIZE];

    (void)state;
    memset(id, 'a', sizeof id);
    id[0] = '/';
    assert_int_equal(pv_safe_name(id, sizeof id - 1, name), PV_SAFE_COMPONENT_MAX);
    assert_int_equal(pv_safe_name(id, sizeof id, name), 33);
}

static void long_and_deep_ids_are_one_component(void **state)
{
    char id[2048], name[PV_SAFE_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof id; i++)
        id[i] = "/(a"[i % 3];
    for (size_t length = 40 * 3; length < sizeof id; length++) {
        assert_int_equal(pv_safe_name(id, length, name), 34);
        assert_memory_equal(name, "~~", 2);
        assert_null(strchr(name, '/'));
    }
    assert_int_equal(pv_safe_name("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 39, name), 38);
    assert_int_equal(pv_safe_name("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/", 40, name), 34);
}

static void slash_before_a_section_counts(void **state)
{
    char name[PV_SAFE_NAME_SIZE];

    (void)state;
    pv_safe_section_name("news", 4, name);
    assert_string_equal(name, "news");
    pv_safe_section_name("/news", 5, name);
    assert_string_equal(name, "~/news");
    pv_safe_section_name("", 0, name);
    assert_string_equal(name, "~");
}

struct named {
    char id[8];
    char name[PV_SAFE_NAME_SIZE];
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void assert_stays_inside(const char *name)
{
    assert_int_not_equal(name[0], '/');
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += at != name;
        assert_true(*at != '\0' && *at != '/' && *at != '.');
        assert_true(strcspn(at, "/") <= PV_SAFE_COMPONENT_MAX);
    }
}

/* A file's path and a directory's path are never the same. */
static void assert_is_no_directory(const char *name)
{
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        assert_memory_not_equal(slash - 5, ".json", 5);
        assert_memory_not_equal(slash - 4, ".svg", 4);
    }
}

/* Every id of up to five of these pieces: 9^1 + … + 9^5 of them. */
static void no_two_ids_share_a_name_and_none_leaves_the_directory(void **state)
{
    static const char pieces[] = "/.~aA \\%g";
    enum { PIECES = sizeof pieces - 1, DEPTH = 5, IDS = 66429 };
    struct named *all = calloc(IDS, sizeof *all);
    size_t count = 0;

    (void)state;
    assert_non_null(all);
    for (size_t length = 1, of_length = PIECES; length <= DEPTH; length++, of_length *= PIECES)
        for (size_t number = 0; number < of_length; number++) {
            struct named *named = &all[count++];

            named->id[0] = '/';
            for (size_t i = 0, rest = number; i < length; i++, rest /= PIECES)
                named->id[1 + i] = pieces[rest % PIECES];
            pv_safe_name(named->id, 1 + length, named->name);
            assert_stays_inside(named->name);
        }
    assert_int_equal(count, IDS);
    qsort(all, count, sizeof *all, by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(all[i - 1].name, all[i].name) == 0)
            fail_msg("\"%s\" and \"%s\" share %s", all[i - 1].id, all[i].id, all[i].name);
    free(all);
}

static void no_directory_has_the_name_of_a_file(void **state)
{
    static const char *const ids[] = {"/a.json/b", "/x/a.json/b", "/.json/b", "/a.svg/b",
                                      "/a.json.json/b"};
    char name[8 + PV_SAFE_NAME_SIZE] = "xxxxxxxx";

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        pv_safe_name(ids[i], strlen(ids[i]), name + 8);
        assert_is_no_directory(name + 8);
    }
}

/* A name that came out, taken as an id, is another id, with a name of its own. */
static void name_of_a_hashed_id_is_not_to_be_had_directly(void **state)
{
    char first[1 + PV_SAFE_NAME_SIZE] = "/", second[PV_SAFE_NAME_SIZE];
    size_t length;

    (void)state;
    length = pv_safe_name("/a b", 4, first + 1);
    pv_safe_name(first, 1 + length, second);
    assert_string_not_equal(first + 1, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_articles_are_paths),
        cmocka_unit_test(empty_components_are_a_tilde),
        cmocka_unit_test(unsafe_components_are_their_hash),
        cmocka_unit_test(names_that_would_be_taken_for_others_are_hashed),
        cmocka_unit_test(nul_is_no_end),
        cmocka_unit_test(long_components_are_hashed),
        cmocka_unit_test(long_and_deep_ids_are_one_component),
        cmocka_unit_test(slash_before_a_section_counts),
        cmocka_unit_test(no_two_ids_share_a_name_and_none_leaves_the_directory),
        cmocka_unit_test(no_directory_has_the_name_of_a_file),
        cmocka_unit_test(name_of_a_hashed_id_is_not_to_be_had_directly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
