/* Where options come from and which of them wins; --help. */
#include "test_pageview_options.h"

static void without_arguments_the_defaults_hold(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), PV_OK);
    assert_string_equal(options.kafka.brokers, "127.0.0.1:9092");
    assert_string_equal(options.kafka.topic, "pageviews");
    assert_string_equal(options.redis.address, "127.0.0.1:6379");
    assert_string_equal(options.redis.prefix, "pv:");
    assert_null(options.pattern);
    assert_int_equal(options.tail.count, 0);
    assert_int_equal(options.batch, 100);
    assert_int_equal(options.flush_interval_ms, 1000);
    assert_int_equal(options.format, 0);
    assert_false(options.exit_at_end);
    assert_string_equal(pv_log_level_choices[options.common.log_level], "info");
    assert_false(options.common.help || options.common.version || options.common.check_config);
    assert_null(options.common.metrics);
}

static void every_type_can_be_given_as_a_flag(void **state)
{
    (void)state;
    assert_int_equal(parse("--brokers=a:1,[::1]:2,c.example:65535", "--redis=unix:/run/r.sock",
                           "--article-pattern=^/a=b ;c", "--tail=/x", "--tail=/y z", "--batch=1000",
                           "--flush-interval=250ms", "--format=event", "--exit-at-end",
                           "--metrics=[::1]:9100", "--log-level=debug", "--prefix=", NULL),
                     PV_OK);
    assert_string_equal(options.kafka.brokers, "a:1,[::1]:2,c.example:65535");
    assert_string_equal(options.redis.address, "unix:/run/r.sock");
    assert_string_equal(options.pattern, "^/a=b ;c");
    assert_int_equal(options.tail.count, 2);
    assert_string_equal(options.tail.items[0], "/x");
    assert_string_equal(options.tail.items[1], "/y z");
    assert_int_equal(options.batch, 1000);
    assert_int_equal(options.flush_interval_ms, 250);
    assert_int_equal(options.format, 2);
    assert_true(options.exit_at_end);
    assert_string_equal(options.common.metrics, "[::1]:9100");
    assert_int_equal(options.common.log_level, 0);
    assert_string_equal(options.redis.prefix, "");
}

static void an_optional_value_may_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), PV_OK);
    assert_int_equal(options.color, 0);
    assert_int_equal(parse("--color", NULL), PV_OK);
    assert_int_equal(options.color, 1);
    assert_int_equal(parse("--color=always", NULL), PV_OK);
    assert_int_equal(options.color, 1);
    assert_int_equal(parse("--color=never", NULL), PV_OK);
    assert_int_equal(options.color, 2);
    assert_int_equal(parse("--color=", NULL), PV_INVALID);
    assert_contains(error.text, "--color=: takes one of: always, never");
    assert_int_equal(parse_file("color = never\n", NULL), PV_OK);
    assert_int_equal(options.color, 2);
}

static void flag_beats_environment_beats_file(void **state)
{
    (void)state;
    assert_int_equal(parse_file("topic = file\n", NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "file");
    setenv("PV_TOPIC", "environment", 1);
    assert_int_equal(parse_file("topic = file\n", NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "environment");
    assert_int_equal(parse_file("topic = file\n", "--topic=flag"), PV_OK);
    assert_string_equal(options.kafka.topic, "flag");
}

static void an_empty_environment_value_is_a_value(void **state)
{
    (void)state;
    setenv("PV_TOPIC", "", 1);
    assert_int_equal(parse(NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "");
}

static void dashes_are_underscores_in_the_environment(void **state)
{
    (void)state;
    setenv("PV_FLUSH_INTERVAL", "2s", 1);
    setenv("PV_REDIS_PASSWORD_FILE", "/run/secret", 1);
    setenv("PV_EXIT_AT_END", "on", 1);
    assert_int_equal(parse(NULL), PV_OK);
    assert_int_equal(options.flush_interval_ms, 2000);
    assert_string_equal(options.redis.password_file, "/run/secret");
    assert_true(options.exit_at_end);
    assert_int_equal(parse("--exit-at-end=off", NULL), PV_OK);
    assert_false(options.exit_at_end);
}

static void the_file_may_be_named_in_the_environment(void **state)
{
    static const char text[] = "topic = from-file\n";

    (void)state;
    write_temporary_file(config_path, text, strlen(text));
    setenv("PV_CONFIG", config_path, 1);
    assert_int_equal(parse(NULL), PV_OK);
    unlink(config_path);
    assert_string_equal(options.kafka.topic, "from-file");
}

static void a_list_of_a_stronger_origin_replaces_the_weaker(void **state)
{
    static const char text[] = "tail = /file/1\ntail = /file/2\n";

    (void)state;
    assert_int_equal(parse_file(text, NULL), PV_OK);
    assert_int_equal(options.tail.count, 2);
    assert_string_equal(options.tail.items[0], "/file/1");
    assert_string_equal(options.tail.items[1], "/file/2");
    setenv("PV_TAIL", "/environment", 1);
    assert_int_equal(parse_file(text, NULL), PV_OK);
    assert_int_equal(options.tail.count, 1);
    assert_string_equal(options.tail.items[0], "/environment");
    assert_int_equal(parse_file(text, "--tail=/flag"), PV_OK);
    assert_int_equal(options.tail.count, 1);
    assert_string_equal(options.tail.items[0], "/flag");
}

static void a_list_has_64_items_at_most(void **state)
{
    char *argv[66] = {"pv-test"};

    (void)state;
    for (int i = 1; i <= 65; i++)
        argv[i] = "--tail=/log";
    assert_int_equal(pv_options_parse(&program, 65, argv, &options, &error), PV_OK);
    assert_int_equal(options.tail.count, 64);
    clean(NULL);
    assert_int_equal(pv_options_parse(&program, 66, argv, &options, &error), PV_INVALID);
    assert_string_equal(error.text, "command line: --tail=/log: may be given 64 times at most");
}

static void of_an_option_given_twice_the_last_counts(void **state)
{
    (void)state;
    assert_int_equal(parse("--topic=a", "--topic=b", "--batch=1", "--batch=2", NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "b");
    assert_int_equal(options.batch, 2);
}

static void an_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(parse("--toppic=x", NULL), PV_INVALID);
    assert_string_equal(
        error.text,
        "command line: unknown option --toppic: did you mean --topic? (--help lists all)");
    assert_int_equal(parse("--exit-at-ent", NULL), PV_INVALID);
    assert_contains(error.text, "did you mean --exit-at-end?");
    assert_int_equal(parse("--qqqqqqqq=1", NULL), PV_INVALID);
    assert_string_equal(error.text, "command line: unknown option --qqqqqqqq (--help lists all)");
    assert_int_equal(parse_file("flush_interval = 1s\n", NULL), PV_INVALID);
    assert_contains(error.text,
                    ": line 1: unknown option flush_interval: did you mean flush-interval?");
}

static void arguments_that_are_no_options_are_refused(void **state)
{
    static const char *const arguments[] = {"topic=x", "x", "", "-", "-t", "--", "--=x"};
    char long_name[200];

    (void)state;
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        assert_int_equal(parse(arguments[i], NULL), PV_INVALID);
        assert_contains(error.text, "--help lists all");
    }
    memset(long_name, 'x', sizeof long_name);
    memcpy(long_name, "--", 2);
    memcpy(long_name + 190, "=1", 3);
    assert_int_equal(parse(long_name, NULL), PV_INVALID);
    assert_int_equal(parse("--topic", NULL), PV_INVALID);
    assert_string_equal(error.text, "command line: --topic needs a value: --topic=NAME");
    assert_int_equal(parse("--format", NULL), PV_INVALID);
    assert_contains(error.text, "--format needs a value");
}

static void help_lists_every_option(void **state)
{
    static char text[16384];
    FILE *captured = tmpfile();
    int saved = dup(STDOUT_FILENO);
    size_t length;

    (void)state;
    assert_non_null(captured);
    fflush(stdout);
    dup2(fileno(captured), STDOUT_FILENO);
    pv_options_print_help(&program);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(captured);
    length = fread(text, 1, sizeof text - 1, captured);
    text[length] = '\0';
    fclose(captured);

    assert_contains(text, "Usage: pv-test [--name=value ...]\nTests options.\n");
    for (size_t i = 0; i < program.option_count; i++) {
        char start[64];

        snprintf(start, sizeof start, "\n  --%s", rows[i].name);
        assert_contains(text, start);
        assert_contains(text, rows[i].help);
    }
    assert_contains(text, "--flush-interval=DURATION      pause between batches (default 1s)\n");
    assert_contains(text,
                    "--format=combined|common|event how lines are written (default combined)\n");
    assert_contains(text, "--tail=PATH                    a log to follow (repeatable)\n");
    assert_contains(text, "--exit-at-end                  stop at the end\n");
    assert_contains(text, "-X kafka.PROPERTY=VALUE");
    assert_contains(text, "Exit codes: 0 fine, 1 failed while running, 2 usage or configuration.");
    assert_lacks(text, "(null)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_arguments_the_defaults_hold, clean),
        cmocka_unit_test_setup(every_type_can_be_given_as_a_flag, clean),
        cmocka_unit_test_setup(an_optional_value_may_be_left_out, clean),
        cmocka_unit_test_setup(flag_beats_environment_beats_file, clean),
        cmocka_unit_test_setup(an_empty_environment_value_is_a_value, clean),
        cmocka_unit_test_setup(dashes_are_underscores_in_the_environment, clean),
        cmocka_unit_test_setup(the_file_may_be_named_in_the_environment, clean),
        cmocka_unit_test_setup(a_list_of_a_stronger_origin_replaces_the_weaker, clean),
        cmocka_unit_test_setup(a_list_has_64_items_at_most, clean),
        cmocka_unit_test_setup(of_an_option_given_twice_the_last_counts, clean),
        cmocka_unit_test_setup(an_unknown_option_names_the_nearest, clean),
        cmocka_unit_test_setup(arguments_that_are_no_options_are_refused, clean),
        cmocka_unit_test_setup(help_lists_every_option, clean),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
