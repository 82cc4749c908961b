#include "producer_log.h"

#include "producer/rejects_file.h"

static char rejects[TEST_PATH_SIZE];

static int make_rejects(void **state)
{
    make_log(state);
    join_path(rejects, directory, "rejects.log");
    return 0;
}

static void expect_bytes(const char *name, const char *expected, size_t length)
{
    struct pv_buffer data = get_file(directory, name);

    assert_int_equal(data.length, length);
    assert_memory_equal(data.data, expected, length);
    pv_buffer_clean_up(&data);
}

static void lines_are_appended_untouched(void **state)
{
    static const char line[] = "a\0\xff\r";

    (void)state;
    add("rejects.log", "before\n");
    pv_rejects_file_add(rejects, line, sizeof line - 1, true);
    pv_rejects_file_add(rejects, "", 0, true);
    expect_bytes("rejects.log", "before\na\0\xff\r\n\n", 13);
}

static void pieces_of_a_long_line_make_one_line(void **state)
{
    (void)state;
    pv_rejects_file_add(rejects, "one ", 4, false);
    pv_rejects_file_add(rejects, "line", 4, true);
    pv_rejects_file_add(rejects, "next", 4, true);
    expect_bytes("rejects.log", "one line\nnext\n", 14);
}

static void file_can_be_renamed_at_any_time(void **state)
{
    (void)state;
    pv_rejects_file_add(rejects, "a", 1, true);
    move("rejects.log", "rejects.log.1");
    pv_rejects_file_add(rejects, "b", 1, true);
    expect_bytes("rejects.log.1", "a\n", 2);
    expect_bytes("rejects.log", "b\n", 2);
}

static void without_a_path_nothing_is_written(void **state)
{
    char before[TEST_PATH_SIZE];

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_return_code(chdir(directory), 0);
    pv_rejects_file_add(NULL, "a", 1, true);
    assert_return_code(chdir(before), 0);
    assert_int_equal(count_entries(directory), 0);
}

static void failure_is_not_fatal(void **state)
{
    (void)state;
    pv_rejects_file_add(directory, "a", 1, true);
    pv_rejects_file_add("/nowhere/at/all", "a", 1, true);
    pv_rejects_file_add("/dev/full", "a", 1, true);
    pv_rejects_file_add(rejects, "b", 1, true);
    expect_bytes("rejects.log", "b\n", 2);
}

static void others_cannot_read_the_file(void **state)
{
    (void)state;
    pv_rejects_file_add(rejects, "a", 1, true);
    assert_int_equal(file_identity(directory, "rejects.log").st_mode & 07, 0);
}

#define REJECTS_TEST(name) cmocka_unit_test_setup_teardown(name, make_rejects, remove_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REJECTS_TEST(lines_are_appended_untouched),
        REJECTS_TEST(pieces_of_a_long_line_make_one_line),
        REJECTS_TEST(file_can_be_renamed_at_any_time),
        REJECTS_TEST(without_a_path_nothing_is_written),
        REJECTS_TEST(failure_is_not_fatal),
        REJECTS_TEST(others_cannot_read_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
