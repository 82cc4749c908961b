#include "producer_log.h"

#include "producer/sources/rotation.h"

/* The listed names behind "access.log", with a space behind each, from the oldest to the newest. */
static void expect_files_of(const char *path, const char *expected)
{
    struct pv_buffer names = {0};
    struct pv_log_files files;
    struct pv_error error;

    if (pv_log_files_list(path, &files, &error) != PV_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < files.count; i++) {
        const char *name = strrchr(files.items[i].path, '/');

        assert_string_equal(name + 1 + strlen(LIVE), files.items[i].suffix);
        assert_int_equal(files.items[i].is_live, files.items[i].suffix[0] == '\0');
        pv_buffer_add_format(&names, "%s ",
                             files.items[i].is_live ? "live" : files.items[i].suffix);
    }
    pv_log_files_clean_up(&files);
    pv_buffer_add_char(&names, '\0');
    assert_string_equal(names.data, expected);
    pv_buffer_clean_up(&names);
}

static void add_all(const char *const *suffixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];

        snprintf(name, sizeof name, LIVE "%s", suffixes[i]);
        add(name, "");
    }
}

#define ADD_ALL(...)                                                                               \
    add_all((const char *const[]){__VA_ARGS__},                                                    \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void higher_number_is_older(void **state)
{
    (void)state;
    ADD_ALL("", ".1", ".2.gz", ".9.gz", ".10.gz", ".11");
    expect_files_of(log_path, ".11 .10.gz .9.gz .2.gz .1 live ");
}

static void later_date_is_newer(void **state)
{
    (void)state;
    ADD_ALL("-20261201", "-20261130.gz", "", "-20260102.gz", "-20261202");
    expect_files_of(log_path, "-20260102.gz -20261130.gz -20261201 -20261202 live ");
}

static void dates_of_other_forms_are_in_order_too(void **state)
{
    (void)state;
    ADD_ALL(".2026-11-24", ".2026-11-09.gz", ".2026-11-24_13", ".2026-11-24T14:00", "");
    expect_files_of(log_path, ".2026-11-09.gz .2026-11-24 .2026-11-24T14:00 .2026-11-24_13 live ");
}

static void seconds_since_the_epoch_are_a_date(void **state)
{
    (void)state;
    ADD_ALL(".1795561971", ".1795561972", ".1795475571.gz");
    expect_files_of(log_path, ".1795475571.gz .1795561971 .1795561972 ");
}

static void names_that_rotation_does_not_give_are_left_out(void **state)
{
    (void)state;
    ADD_ALL("", ".1", ".bak", ".1.bak", ".1~", ".old", "-ssl", ".1.gz.tmp", ".gz", ".", "-", "1",
            ".1.gz.gz", "_1", ":1", ".xz", ".2.xz", ".-1");
    expect_files_of(log_path, ".1 live ");
}

static void compressed_file_counts_only_without_its_plain_twin(void **state)
{
    (void)state;
    ADD_ALL("", ".1", ".1.gz", ".2.gz");
    expect_files_of(log_path, ".2.gz .1 live ");
    remove_file(LIVE ".1");
    expect_files_of(log_path, ".2.gz .1.gz live ");
}

static void log_that_does_not_exist_has_no_files(void **state)
{
    (void)state;
    expect_files_of(log_path, "");
}

static void directory_that_does_not_exist_is_an_error_that_names_it(void **state)
{
    struct pv_log_files files;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_log_files_list("/nowhere/at/all/" LIVE, &files, &error), PV_IO);
    assert_contains(error.text, "/nowhere/at/all");
    assert_int_equal(files.count, 0);
}

static void path_without_a_directory_is_in_the_current_one(void **state)
{
    char before[TEST_PATH_SIZE];

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_return_code(chdir(directory), 0);
    ADD_ALL("", ".1");
    expect_files_of(LIVE, ".1 live ");
    assert_return_code(chdir(before), 0);
}

static void path_in_the_root_directory_is_listed(void **state)
{
    struct pv_log_files files;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_log_files_list("/no-log-of-this-name", &files, &error), PV_OK);
    assert_int_equal(files.count, 0);
}

static void suffix_order_does_not_depend_on_compression(void **state)
{
    (void)state;
    assert_int_equal(pv_log_suffix_compare(".1", ".1.gz"), 0);
    assert_true(pv_log_suffix_compare(".2.gz", ".1") < 0);
    assert_true(pv_log_suffix_compare(".1", ".2.gz") > 0);
    assert_true(pv_log_suffix_compare("-20261124.gz", "-20261125") < 0);
    assert_true(pv_log_suffix_is_rotated(".1"));
    assert_false(pv_log_suffix_is_rotated(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(higher_number_is_older),
        LOG_TEST(later_date_is_newer),
        LOG_TEST(dates_of_other_forms_are_in_order_too),
        LOG_TEST(seconds_since_the_epoch_are_a_date),
        LOG_TEST(names_that_rotation_does_not_give_are_left_out),
        LOG_TEST(compressed_file_counts_only_without_its_plain_twin),
        LOG_TEST(log_that_does_not_exist_has_no_files),
        LOG_TEST(directory_that_does_not_exist_is_an_error_that_names_it),
        LOG_TEST(path_without_a_directory_is_in_the_current_one),
        LOG_TEST(path_in_the_root_directory_is_listed),
        LOG_TEST(suffix_order_does_not_depend_on_compression),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
