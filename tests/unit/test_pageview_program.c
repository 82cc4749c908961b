#include "test_pageview_support.h"

#include "pageview/program.h"

struct test_options {
    struct pv_common_options common;
    const char *name;
};

static const struct pv_option rows[] = {
    {"name", PV_OPTION_TEXT, offsetof(struct test_options, name), "nobody", 0, 0, NULL, "NAME",
     "a name"},
    PV_COMMON_OPTION_ROWS(struct test_options),
};

static const struct pv_program program = {
    .name = "pv-test",
    .summary = "Tests programs.",
    .options = rows,
    .option_count = sizeof rows / sizeof rows[0],
    .options_size = sizeof(struct test_options),
    .common_offset = offsetof(struct test_options, common),
};

static enum pv_status check_status, start_status;
static int checked, started;
static char name_seen[32];
static char out[8192], err[8192];

static enum pv_status check(void *options, struct pv_error *error)
{
    checked++;
    snprintf(name_seen, sizeof name_seen, "%s", ((struct test_options *)options)->name);
    return check_status == PV_OK ? PV_OK : pv_error_set(error, check_status, "check failed");
}

static enum pv_status start(void *options, struct pv_error *error)
{
    (void)options;
    started++;
    return start_status == PV_OK ? PV_OK : pv_error_set(error, start_status, "start failed");
}

static void read_back(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* The exit code of a run with one argument; what it wrote is in `out` and `err`. */
static int run(const char *argument)
{
    char *argv[] = {"pv-test", (char *)argument, NULL};
    struct test_options options = {.name = NULL};
    FILE *files[2] = {tmpfile(), tmpfile()};
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    int code;

    checked = started = 0;
    fflush(stdout);
    fflush(stderr);
    dup2(fileno(files[0]), STDOUT_FILENO);
    dup2(fileno(files[1]), STDERR_FILENO);
    code = pv_program_main(&program, argument != NULL ? 2 : 1, argv, &options, check, start);
    fflush(stdout);
    fflush(stderr);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    read_back(files[0], out, sizeof out);
    read_back(files[1], err, sizeof err);
    assert_null(options.name); /* cleaned up in every case */
    return code;
}

static int everything_fine(void **state)
{
    (void)state;
    check_status = start_status = PV_OK;
    return 0;
}

static void a_run_is_checked_then_started(void **state)
{
    (void)state;
    assert_int_equal(run("--name=x"), 0);
    assert_int_equal(checked, 1);
    assert_int_equal(started, 1);
    assert_string_equal(name_seen, "x");
    assert_string_equal(out, "");
    assert_contains(err, " info event=starting program=pv-test version=" PV_VERSION "\n");
}

static void help_and_version_start_nothing(void **state)
{
    (void)state;
    check_status = PV_INVALID;
    assert_int_equal(run("--help"), 0);
    assert_contains(out, "Usage: pv-test [--name=value ...]\n");
    assert_string_equal(err, "");
    assert_int_equal(run("--version"), 0);
    assert_string_equal(out, "pv-test " PV_VERSION "\n");
    assert_int_equal(checked + started, 0);
}

static void check_config_checks_and_does_not_start(void **state)
{
    (void)state;
    assert_int_equal(run("--check-config"), 0);
    assert_int_equal(checked, 1);
    assert_int_equal(started, 0);
    assert_string_equal(out, "pv-test: the configuration is fine\n");
    check_status = PV_INVALID;
    assert_int_equal(run("--check-config"), 2);
    assert_string_equal(out, "");
    assert_string_equal(err, "pv-test: check failed\n");
}

static void a_wrong_option_is_one_line_and_code_2(void **state)
{
    (void)state;
    assert_int_equal(run("--nome=x"), 2);
    assert_string_equal(err, "pv-test: command line: unknown option --nome: did you mean --name? "
                             "(--help lists all)\n");
    assert_string_equal(out, "");
    assert_int_equal(checked + started, 0);
}

static void a_failed_check_keeps_it_from_starting(void **state)
{
    (void)state;
    check_status = PV_INVALID;
    assert_int_equal(run(NULL), 2);
    assert_int_equal(started, 0);
    check_status = PV_IO;
    assert_int_equal(run(NULL), 1);
    assert_int_equal(started, 0);
}

static void the_exit_code_follows_what_ended_it(void **state)
{
    (void)state;
    start_status = PV_LOST;
    assert_int_equal(run(NULL), 1);
    assert_contains(err, "\npv-test: start failed\n");
    start_status = PV_INVALID;
    assert_int_equal(run(NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_run_is_checked_then_started, everything_fine),
        cmocka_unit_test_setup(help_and_version_start_nothing, everything_fine),
        cmocka_unit_test_setup(check_config_checks_and_does_not_start, everything_fine),
        cmocka_unit_test_setup(a_wrong_option_is_one_line_and_code_2, everything_fine),
        cmocka_unit_test_setup(a_failed_check_keeps_it_from_starting, everything_fine),
        cmocka_unit_test_setup(the_exit_code_follows_what_ended_it, everything_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
