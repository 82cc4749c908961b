/* Every file of a directory is looked at once, and nothing outside of it. */
#include "test_pageview_support.h"

#include "dashboard-export/tree.h"
#include "dashboard_out.h"

enum { SEEN_MAX = 64 };

static struct out out;
static char seen[SEEN_MAX][PV_LAYOUT_PATH_SIZE];
static size_t seen_count;
static enum pv_status answer;

static int set_up(void **state)
{
    (void)state;
    seen_count = 0;
    answer = PV_OK;
    open_out(&out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_out(&out);
    return 0;
}

static void make_below(const char *relative)
{
    char below[TEST_PATH_SIZE];

    join_path(below, out.path, relative);
    assert_return_code(mkdir(below, 0755), 0);
}

/* A file whose content is its name. */
static void put(const char *relative)
{
    put_file(out.path, relative, relative, strlen(relative));
}

static enum pv_status visit(void *context, int fd, const char *relative, const char *name,
                            struct pv_error *error)
{
    const char *last = strrchr(relative, '/');
    struct stat found;

    (void)context;
    assert_true(seen_count < SEEN_MAX);
    assert_string_equal(last != NULL ? last + 1 : relative, name);
    assert_return_code(fstatat(fd, name, &found, AT_SYMLINK_NOFOLLOW), 0);
    strcpy(seen[seen_count++], relative);
    return answer == PV_OK ? PV_OK : pv_error_set(error, answer, "%s: enough", relative);
}

static enum pv_status walk(const char *relative, bool deep, struct pv_error *error)
{
    const struct pv_layout_directory place = {relative, deep, true};
    const struct pv_tree_visitor visitor = {.visit = visit};

    return pv_tree_walk(&out.directory, &place, &visitor, error);
}

/* Fails unless exactly these were seen, in whatever order. */
static void assert_seen(const char *const *names, size_t count)
{
    assert_int_equal(seen_count, count);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < seen_count && strcmp(seen[at], names[i]) != 0)
            at++;
        if (at == seen_count)
            fail_msg("%s was not seen", names[i]);
    }
}

static void deep_place_has_the_files_of_all_directories(void **state)
{
    static const char *const files[] = {"trending/1h.json", "trending/.hidden",
                                        "trending/1h/news.json", "trending/1h/a/b.json"};
    struct pv_error error;

    (void)state;
    make_below("trending");
    make_below("trending/1h");
    make_below("trending/1h/a");
    make_below("trending/empty");
    put("beside.json");
    for (size_t i = 0; i < 4; i++)
        put(files[i]);
    assert_int_equal(walk("trending", true, &error), PV_OK);
    assert_seen(files, 4);
}

static void flat_place_has_its_names_only(void **state)
{
    static const char *const names[] = {"totals.json", "top"};
    struct pv_error error;

    (void)state;
    make_below("top");
    put("totals.json");
    put("top/day.json");
    assert_int_equal(walk(".", false, &error), PV_OK);
    assert_seen(names, 2);
}

static void place_that_is_not_there_is_empty(void **state)
{
    struct pv_error error;

    (void)state;
    assert_int_equal(walk("articles", true, &error), PV_OK);
    assert_seen(NULL, 0);
}

static void links_are_seen_and_not_followed(void **state)
{
    static const char *const names[] = {"articles/away", "articles/loop"};
    struct pv_error error;
    char link[TEST_PATH_SIZE];

    (void)state;
    make_below("articles");
    join_path(link, out.path, "articles/away");
    assert_return_code(symlink("/", link), 0);
    join_path(link, out.path, "articles/loop");
    assert_return_code(symlink(".", link), 0);
    assert_int_equal(walk("articles", true, &error), PV_OK);
    assert_seen(names, 2);
}

static void directories_deeper_than_ours_are_left_alone(void **state)
{
    char below[TEST_PATH_SIZE] = "articles", file[TEST_PATH_SIZE + 8];
    struct pv_error error;

    (void)state;
    make_below(below);
    for (int depth = 1; depth <= 18; depth++) {
        strcat(below, "/d");
        make_below(below);
        snprintf(file, sizeof file, "%s/x.json", below);
        put(file);
    }
    assert_int_equal(walk("articles", true, &error), PV_OK);
    assert_int_equal(seen_count, 16);
}

static void first_failure_ends_the_walk(void **state)
{
    struct pv_error error;

    (void)state;
    put("a.json");
    put("b.json");
    answer = PV_IO;
    assert_int_equal(walk(".", false, &error), PV_IO);
    assert_contains(error.text, "enough");
    assert_int_equal(seen_count, 1);
}

static void file_in_the_place_of_a_directory_is_said(void **state)
{
    struct pv_error error;

    (void)state;
    put("articles");
    assert_int_equal(walk("articles", true, &error), PV_IO);
    assert_contains(error.text, "articles");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deep_place_has_the_files_of_all_directories),
        TEST(flat_place_has_its_names_only),
        TEST(place_that_is_not_there_is_empty),
        TEST(links_are_seen_and_not_followed),
        TEST(directories_deeper_than_ours_are_left_alone),
        TEST(first_failure_ends_the_walk),
        TEST(file_in_the_place_of_a_directory_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
