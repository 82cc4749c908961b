#include "test_pageview_support.h"

#include "dashboard-export/options.h"

/* Parses and checks the arguments; the caller cleans up. */
static enum pv_status parse(const char *const *arguments, size_t count,
                            struct pv_dashboard_options *options, struct pv_error *error)
{
    char *argv[16] = {"pv-dashboard-export"};
    enum pv_status status;

    assert_true(count < 15);
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = (char *)arguments[i];
    status = pv_options_parse(&pv_dashboard_program, (int)count + 1, argv, options, error);
    return status == PV_OK ? pv_dashboard_options_check(options, error) : status;
}

#define PARSE(options, error, ...)                                                                 \
    parse((const char *const[]){__VA_ARGS__},                                                      \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (options), (error))

static void clean_up(struct pv_dashboard_options *options)
{
    pv_options_clean_up(&pv_dashboard_program, options);
}

static void defaults_are_those_of_the_documentation(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--out=/x"), PV_OK);
    assert_string_equal(options.redis.address, "127.0.0.1:6379");
    assert_string_equal(options.redis.prefix, "pv:");
    assert_string_equal(options.out, "/x");
    assert_false(options.once);
    assert_false(options.csv);
    assert_true(options.dashboard);
    assert_int_equal(options.interval_ms, 5000);
    assert_int_equal(options.articles_interval_ms, 60000);
    assert_int_equal(options.days, 2);
    assert_int_equal(options.hours, 3);
    assert_int_equal(options.limit, 1000);
    clean_up(&options);
}

static void directory_is_needed(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--once"), PV_INVALID);
    assert_contains(error.text, "--out");
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--once", "--out="), PV_INVALID);
    assert_contains(error.text, "--out");
    clean_up(&options);
}

static void once_and_interval_exclude_each_other(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--out=/x", "--once", "--interval=5s"), PV_INVALID);
    assert_contains(error.text, "--once");
    assert_contains(error.text, "--interval");
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--out=/x", "--once"), PV_OK);
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--out=/x", "--interval=2m"), PV_OK);
    assert_int_equal(options.interval_ms, 120000);
    clean_up(&options);
}

static void password_file_that_cannot_be_read_is_named(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--out=/x", "--redis-password-file=/no/such"),
                     PV_INVALID);
    assert_contains(error.text, "--redis-password-file=/no/such");
    clean_up(&options);
}

static void values_that_cannot_be_are_refused(void **state)
{
    static const char *const wrong[] = {"--timezone=no zone", "--days=0",  "--days=401",
                                        "--hours=-1",         "--limit=0", "--hours=193",
                                        "--limit=100001"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct pv_dashboard_options options;
        struct pv_error error;

        assert_int_equal(PARSE(&options, &error, "--out=/x", wrong[i]), PV_INVALID);
        clean_up(&options);
    }
}

static void kafka_properties_are_refused(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--out=/x", "-X", "kafka.linger.ms=5"), PV_INVALID);
    assert_contains(error.text, "Kafka");
    clean_up(&options);
}

static void top_is_a_list_and_alone_the_last_hour(void **state)
{
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    assert_int_equal(PARSE(&options, &error, "--out=/x"), PV_OK);
    assert_int_equal(options.top, 0);
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--top"), PV_OK);
    assert_string_equal(pv_dashboard_lists[options.top - 1], "1h");
    assert_int_equal(options.interval_ms, 1000);
    assert_int_equal(options.limit, 0);
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--top=rising", "--section=sport"), PV_OK);
    assert_string_equal(pv_dashboard_lists[options.top - 1], "rising");
    clean_up(&options);
    assert_int_equal(PARSE(&options, &error, "--top=2h"), PV_INVALID);
    assert_contains(error.text, "1h, 24h, 7d, 30d, hot, rising");
    clean_up(&options);
}

static void top_and_what_is_for_files_exclude_each_other(void **state)
{
    static const char *const wrong[] = {"--timezone=UTC", "--out=/x", "--metrics=127.0.0.1:9",
                                        "--limit=1001"};
    struct pv_dashboard_options options;
    struct pv_error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(PARSE(&options, &error, "--top", wrong[i]), PV_INVALID);
        assert_contains(error.text, "--top");
        clean_up(&options);
    }
    assert_int_equal(PARSE(&options, &error, "--out=/x", "--section=sport"), PV_INVALID);
    assert_contains(error.text, "--top");
    clean_up(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_documentation),
        cmocka_unit_test(directory_is_needed),
        cmocka_unit_test(once_and_interval_exclude_each_other),
        cmocka_unit_test(password_file_that_cannot_be_read_is_named),
        cmocka_unit_test(values_that_cannot_be_are_refused),
        cmocka_unit_test(kafka_properties_are_refused),
        cmocka_unit_test(top_is_a_list_and_alone_the_last_hour),
        cmocka_unit_test(top_and_what_is_for_files_exclude_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
