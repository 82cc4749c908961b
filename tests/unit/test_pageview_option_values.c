/* What values options take, and what is said of those that they do not. */
#include "test_pageview_options.h"

static void an_error_names_place_option_value_and_what_it_takes(void **state)
{
    static const struct {
        const char *argument, *text;
    } cases[] = {
        {"--batch=0", "command line: --batch=0: takes a whole number of 1 to 1000"},
        {"--batch=1001", "command line: --batch=1001: takes a whole number of 1 to 1000"},
        {"--flush-interval=9ms",
         "command line: --flush-interval=9ms: takes a duration of 10ms to 1h, "
         "written like 500ms 5s 10m 2h 8d"},
        {"--format=json", "command line: --format=json: takes one of: combined, common, event"},
        {"--exit-at-end=yes", "command line: --exit-at-end=yes: takes on or off"},
        {"--metrics=9100",
         "command line: --metrics=9100: takes HOST:PORT with a port of 1 to 65535"},
        {"--brokers=a",
         "command line: --brokers=a: takes HOST:PORT,HOST:PORT,... with ports of 1 to 65535"},
        {"--redis=localhost",
         "command line: --redis=localhost: takes HOST:PORT with a port of 1 to 65535"},
        {"--redis=x", "or unix:PATH"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].argument, NULL), PV_INVALID);
        assert_int_equal(error.status, PV_INVALID);
        assert_contains(error.text, cases[i].text);
    }
    setenv("PV_BATCH", "many", 1);
    assert_int_equal(parse(NULL), PV_INVALID);
    assert_string_equal(error.text, "PV_BATCH: batch=many: takes a whole number of 1 to 1000");
    unsetenv("PV_BATCH");
    assert_int_equal(parse_file("# comment\n\nbatch = many\n", NULL), PV_INVALID);
    assert_contains(error.text, config_path);
    assert_contains(error.text, ": line 3: batch=many: takes a whole number of 1 to 1000");
}

static void values_out_of_bounds_or_form_are_refused(void **state)
{
    static const char *const bad[] = {
        "--batch=",
        "--batch=-1",
        "--batch=+1",
        "--batch= 1",
        "--batch=1 ",
        "--batch=1.0",
        "--batch=0x10",
        "--batch=1e2",
        "--batch=9223372036854775808",
        "--batch=99999999999999999999999999",
        "--flush-interval=",
        "--flush-interval=5",
        "--flush-interval=s",
        "--flush-interval=5 s",
        "--flush-interval=5S",
        "--flush-interval=-5s",
        "--flush-interval=1.5s",
        "--flush-interval=61m",
        "--flush-interval=1s1ms",
        "--flush-interval=9223372036854775807d",
        "--brokers=",
        "--brokers=a:1,",
        "--brokers=,a:1",
        "--brokers=a:1,,b:2",
        "--brokers=a:1,b",
        "--brokers=a:0",
        "--brokers=a:65536",
        "--brokers=:9092",
        "--redis=",
        "--redis=unix:",
        "--redis=h:port",
        "--redis=::1",
        "--metrics=127.0.0.1:",
        "--metrics=127.0.0.1:99999",
        "--format=",
        "--format=Combined",
        "--exit-at-end=",
        "--exit-at-end=ON",
        "--log-level=trace",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i], NULL) != PV_INVALID)
            fail_msg("%s was accepted", bad[i]);
}

static void bounds_themselves_are_accepted(void **state)
{
    (void)state;
    assert_int_equal(parse("--batch=1", "--flush-interval=10ms", "--brokers=a:1", NULL), PV_OK);
    assert_int_equal(parse("--batch=1000", "--flush-interval=1h", "--brokers=a:65535", NULL),
                     PV_OK);
    assert_int_equal(options.flush_interval_ms, 3600000);
    assert_int_equal(parse("--batch=0000000000000001000", NULL), PV_OK);
    assert_int_equal(options.batch, 1000);
}

static void durations_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"500ms", 500},
                {"5s", 5000},
                {"10m", 600000},
                {"2h", 7200000},
                {"8d", 691200000},
                {"0s", 0},
                {"400d", INT64_C(34560000000)},
                {"9223372036854775807ms", INT64_MAX}};
    static const char *const bad[] = {"",
                                      "5",
                                      "s",
                                      "5x",
                                      "5sec",
                                      "5 s",
                                      " 5s",
                                      "-5s",
                                      "+5s",
                                      "5.0s",
                                      "9223372036854775808ms",
                                      "106751991168d",
                                      "1d2h"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = -1;

        assert_int_equal(pv_duration_parse(good[i].text, &ms), PV_OK);
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = -1;

        assert_int_equal(pv_duration_parse(bad[i], &ms), PV_INVALID);
        assert_int_equal(ms, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_error_names_place_option_value_and_what_it_takes, clean),
        cmocka_unit_test_setup(values_out_of_bounds_or_form_are_refused, clean),
        cmocka_unit_test_setup(bounds_themselves_are_accepted, clean),
        cmocka_unit_test_setup(durations_have_a_unit, clean),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
