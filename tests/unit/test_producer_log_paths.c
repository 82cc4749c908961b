#define _DEFAULT_SOURCE /* seteuid */
#include "test_pageview_support.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "dashboard_files.h"
#include "logged_events.h"
#include "producer/log_paths.h"

static char directory[TEST_PATH_SIZE];
static char found[4096]; /* names, each behind a space */

static int set_up(void **state)
{
    (void)state;
    make_directory(directory);
    logged[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_directory(directory);
    return 0;
}

static void make_file(const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    close(open(path, O_CREAT | O_WRONLY, 0600));
}

static enum pv_status on_found(void *context, const char *path, struct pv_error *error)
{
    (void)context;
    (void)error;
    strcat(strcat(found, " "), strrchr(path, '/') + 1);
    return PV_OK;
}

static void expect(const char *const *names, size_t count, const char *expected)
{
    char paths[4][TEST_PATH_SIZE];
    const char *items[4];
    const struct pv_list tails = {items, count};
    struct pv_error error;

    for (size_t i = 0; i < count; i++) {
        join_path(paths[i], directory, names[i]);
        items[i] = paths[i];
    }
    found[0] = '\0';
    if (pv_log_paths_list(&tails, on_found, NULL, &error) != PV_OK)
        fail_msg("%s", error.text);
    assert_string_equal(found, expected);
}

static void plain_path_is_a_log_whether_it_exists_or_not(void **state)
{
    (void)state;
    expect((const char *const[]){"access.log"}, 1, " access.log");
}

static void pattern_is_the_files_that_match_it_now(void **state)
{
    (void)state;
    expect((const char *const[]){"*.log"}, 1, "");
    make_file("b.log");
    make_file("a.log");
    make_file("a.txt");
    expect((const char *const[]){"*.log"}, 1, " a.log b.log");
    make_file("c.log");
    expect((const char *const[]){"[bc].log", "a.log"}, 2, " a.log b.log c.log");
}

static void what_rotation_moved_aside_is_no_log_of_its_own(void **state)
{
    static const char *const rotated[] = {"access.log.1", "access.log.2.gz", "access.log-20261124",
                                          "access.log-20261124.gz", "access.log.2026-11-24"};

    (void)state;
    make_file("access.log");
    for (size_t i = 0; i < sizeof rotated / sizeof rotated[0]; i++)
        make_file(rotated[i]);
    make_file("access-2026.log");
    expect((const char *const[]){"access*"}, 1, " access-2026.log access.log");
}

static void directories_are_no_logs(void **state)
{
    char path[TEST_PATH_SIZE];

    (void)state;
    join_path(path, directory, "old.log");
    assert_int_equal(mkdir(path, 0700), 0);
    expect((const char *const[]){"*.log"}, 1, "");
    assert_int_equal(rmdir(path), 0);
}

/* root may list all directories, and nobody else root's. */
static void close_directory(bool closed)
{
    enum { NOBODY = 65534 };

    if (getuid() == 0)
        assert_return_code(seteuid(closed ? NOBODY : 0), 0);
    else
        assert_return_code(chmod(directory, closed ? 0 : 0700), 0);
}

static void directory_that_may_not_be_listed_is_said(void **state)
{
    (void)state;
    make_file("access.log");
    close_directory(true);
    expect((const char *const[]){"*.log"}, 1, "");
    close_directory(false);
    assert_contains(logged, " log_unreadable directory=");
    assert_contains(logged, directory);
}

static void nothing_is_said_of_a_directory_that_has_no_logs_or_is_not_there(void **state)
{
    (void)state;
    expect((const char *const[]){"*.log", "none/*.log", "none/*/*.log"}, 3, "");
    assert_string_equal(logged, "");
}

static void patterns_are_told_from_paths(void **state)
{
    (void)state;
    assert_true(pv_log_path_is_pattern("/var/log/nginx/*.log"));
    assert_true(pv_log_path_is_pattern("access.log?"));
    assert_true(pv_log_path_is_pattern("[ab].log"));
    assert_false(pv_log_path_is_pattern("/var/log/nginx/access.log"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_path_is_a_log_whether_it_exists_or_not),
        TEST(pattern_is_the_files_that_match_it_now),
        TEST(what_rotation_moved_aside_is_no_log_of_its_own),
        TEST(directories_are_no_logs),
        TEST(directory_that_may_not_be_listed_is_said),
        TEST(nothing_is_said_of_a_directory_that_has_no_logs_or_is_not_there),
        TEST(patterns_are_told_from_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
