#include "producer_log.h"

#include <limits.h>

#include "producer/state_dir.h"

static char state_dir[TEST_PATH_SIZE];

static int make_state_dir(void **state)
{
    make_log(state);
    join_path(state_dir, directory, "state");
    return 0;
}

static void prepare(void)
{
    struct pv_error error;

    if (pv_state_dir_prepare(state_dir, "web1", &error) != PV_OK)
        fail_msg("%s", error.text);
}

static void expect_loaded(const char *instance, const char *path, const char *expected)
{
    char text[PV_POSITION_TEXT_SIZE];

    memset(text, 'x', sizeof text);
    pv_state_dir_load(state_dir, instance, path, text, sizeof text);
    assert_string_equal(text, expected);
}

static void what_was_saved_last_is_loaded(void **state)
{
    (void)state;
    prepare();
    pv_state_dir_save(state_dir, "web1", "/var/log/access.log", "1;5");
    expect_loaded("web1", "/var/log/access.log", "1;5");
    pv_state_dir_save(state_dir, "web1", "/var/log/access.log", "1;6");
    expect_loaded("web1", "/var/log/access.log", "1;6");
}

static void position_of_full_size_is_loaded_whole(void **state)
{
    char text[PV_POSITION_TEXT_SIZE];

    (void)state;
    memset(text, '7', sizeof text);
    text[sizeof text - 1] = '\0';
    prepare();
    pv_state_dir_save(state_dir, "web1", "/a", text);
    expect_loaded("web1", "/a", text);
}

static void what_was_never_saved_is_empty(void **state)
{
    (void)state;
    expect_loaded("web1", "/a", "");
    prepare();
    expect_loaded("web1", "/a", "");
    pv_state_dir_save(state_dir, "web1", "/a", "1;5");
    expect_loaded("web2", "/a", "");
    expect_loaded("web1", "/a/", "");
}

static void logs_whose_names_look_alike_do_not_share_a_file(void **state)
{
    (void)state;
    prepare();
    pv_state_dir_save(state_dir, "web1", "/a/b", "1;1");
    pv_state_dir_save(state_dir, "web1", "/a%2Fb", "1;2");
    pv_state_dir_save(state_dir, "web1", "%2Fa/b", "1;3");
    expect_loaded("web1", "/a/b", "1;1");
    expect_loaded("web1", "/a%2Fb", "1;2");
    expect_loaded("web1", "%2Fa/b", "1;3");
}

static void a_path_cannot_lead_out_of_the_directory(void **state)
{
    char path[TEST_PATH_SIZE + 8];

    (void)state;
    prepare();
    pv_state_dir_save(state_dir, "web1", "../../../outside", "1;1");
    expect_loaded("web1", "../../../outside", "1;1");
    snprintf(path, sizeof path, "%s/web1", state_dir);
    assert_int_equal(count_entries(path), 1);
    assert_int_equal(count_entries(directory), 1);
}

static void no_temporary_file_is_left(void **state)
{
    char path[TEST_PATH_SIZE + 8];

    (void)state;
    prepare();
    pv_state_dir_save(state_dir, "web1", "/a", "1;1");
    pv_state_dir_save(state_dir, "web1", "/a", "1;2");
    snprintf(path, sizeof path, "%s/web1", state_dir);
    assert_int_equal(count_entries(path), 1);
}

static void failure_to_save_keeps_what_was_saved_before(void **state)
{
    char temporary[TEST_PATH_SIZE + 32];

    (void)state;
    prepare();
    pv_state_dir_save(state_dir, "web1", "/a", "1;1");
    /* What is written goes to a file that cannot be made: its name is a directory. */
    snprintf(temporary, sizeof temporary, "%s/web1/%%2Fa.position.tmp", state_dir);
    assert_return_code(mkdir(temporary, 0755), 0);
    pv_state_dir_save(state_dir, "web1", "/a", "1;2");
    expect_loaded("web1", "/a", "1;1");
}

static void paths_of_any_length_have_a_file_each(void **state)
{
    static char path[PATH_MAX];

    (void)state;
    prepare();
    for (size_t length = 1; length < sizeof path; length += length < 300 ? 1 : 500) {
        char text[16];

        memset(path, 'x', length);
        snprintf(text, sizeof text, "1;%zu", length);
        pv_state_dir_save(state_dir, "web1", path, text);
        expect_loaded("web1", path, text);
        path[length / 2] = '/';
        expect_loaded("web1", path, "");
        path[length / 2] = 'x';
        path[length - 1] = 'y';
        expect_loaded("web1", path, "");
    }
    memset(path, '/', sizeof path - 1);
    pv_state_dir_save(state_dir, "web1", path, "1;1");
    expect_loaded("web1", path, "1;1");
}

static void directory_is_made_once_and_used_again(void **state)
{
    (void)state;
    prepare();
    prepare();
}

static void directory_that_cannot_be_made_is_an_error_that_names_it(void **state)
{
    struct pv_error error;

    (void)state;
    add("state", "a file in its place");
    assert_int_equal(pv_state_dir_prepare(state_dir, "web1", &error), PV_INVALID);
    assert_contains(error.text, state_dir);
    assert_contains(error.text, "--state-dir");
}

#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, make_state_dir, remove_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STATE_TEST(what_was_saved_last_is_loaded),
        STATE_TEST(position_of_full_size_is_loaded_whole),
        STATE_TEST(what_was_never_saved_is_empty),
        STATE_TEST(logs_whose_names_look_alike_do_not_share_a_file),
        STATE_TEST(a_path_cannot_lead_out_of_the_directory),
        STATE_TEST(no_temporary_file_is_left),
        STATE_TEST(failure_to_save_keeps_what_was_saved_before),
        STATE_TEST(paths_of_any_length_have_a_file_each),
        STATE_TEST(directory_is_made_once_and_used_again),
        STATE_TEST(directory_that_cannot_be_made_is_an_error_that_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
