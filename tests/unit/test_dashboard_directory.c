#include "test_pageview_support.h"

#include "dashboard-export/directory.h"
#include "dashboard_files.h"

static void missing_directory_is_created(void **state)
{
    char parent[TEST_PATH_SIZE], path[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_error error;

    (void)state;
    make_directory(parent);
    join_path(path, parent, "out");
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_true(file_exists(parent, "out"));
    pv_directory_clean_up(&directory);
    remove_directory(parent);
}

static void directory_without_a_parent_is_named(void **state)
{
    char parent[TEST_PATH_SIZE], path[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_error error;

    (void)state;
    make_directory(parent);
    join_path(path, parent, "no/out");
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_IO);
    assert_contains(error.text, path);
    pv_directory_clean_up(&directory);
    remove_directory(parent);
}

static void unfinished_files_of_a_killed_run_are_removed(void **state)
{
    char path[TEST_PATH_SIZE], below[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_error error;

    (void)state;
    make_directory(path);
    join_path(below, path, "top");
    assert_return_code(mkdir(below, 0755), 0);
    join_path(below, path, "top/day");
    assert_return_code(mkdir(below, 0755), 0);
    put_file(path, ".totals.json.tmp", "x", 1);
    put_file(path, ".articles.ndjson.gz.tmp", "x", 1);
    put_file(path, "top/day/.2026-11-24.json.tmp", "x", 1);
    put_file(path, "top/day/2026-11-24.json", "x", 1);
    put_file(path, ".index.html.tmp", "x", 1);
    put_file(path, ".mine.tmp", "x", 1);
    put_file(path, "totals.json.tmp", "x", 1);
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_false(file_exists(path, ".totals.json.tmp"));
    assert_false(file_exists(path, ".articles.ndjson.gz.tmp"));
    assert_false(file_exists(path, ".index.html.tmp"));
    assert_false(file_exists(path, "top/day/.2026-11-24.json.tmp"));
    assert_true(file_exists(path, "top/day/2026-11-24.json"));
    assert_true(file_exists(path, ".mine.tmp"));
    assert_true(file_exists(path, "totals.json.tmp"));
    pv_directory_clean_up(&directory);
    remove_directory(path);
}

static void second_exporter_is_kept_out_until_the_first_ends(void **state)
{
    char path[TEST_PATH_SIZE];
    struct pv_directory first, second;
    struct pv_error error;

    (void)state;
    make_directory(path);
    pv_directory_init(&first, path);
    pv_directory_init(&second, path);
    assert_int_equal(pv_directory_open(&first, &error), PV_OK);
    assert_int_equal(pv_directory_open(&second, &error), PV_IO);
    assert_contains(error.text, "another pv-dashboard-export");
    pv_directory_clean_up(&first);
    assert_int_equal(pv_directory_open(&second, &error), PV_OK);
    pv_directory_clean_up(&second);
    remove_directory(path);
}

static void directory_that_was_replaced_is_opened_anew(void **state)
{
    char parent[TEST_PATH_SIZE], path[TEST_PATH_SIZE], aside[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_error error;
    int fd;

    (void)state;
    make_directory(parent);
    join_path(path, parent, "out");
    join_path(aside, parent, "aside");
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_return_code(rename(path, aside), 0);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_int_equal(pv_directory_open_below(&directory, "site", &fd, &error), PV_OK);
    close(fd);
    assert_true(file_exists(path, "site"));
    assert_false(file_exists(aside, "site"));
    pv_directory_clean_up(&directory);
    remove_directory(parent);
}

static void open_directory_is_kept(void **state)
{
    char path[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_error error;
    int fd;

    (void)state;
    make_directory(path);
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    fd = directory.fd;
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_int_equal(directory.fd, fd);
    pv_directory_clean_up(&directory);
    remove_directory(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_directory_is_created),
        cmocka_unit_test(directory_without_a_parent_is_named),
        cmocka_unit_test(unfinished_files_of_a_killed_run_are_removed),
        cmocka_unit_test(second_exporter_is_kept_out_until_the_first_ends),
        cmocka_unit_test(directory_that_was_replaced_is_opened_anew),
        cmocka_unit_test(open_directory_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
