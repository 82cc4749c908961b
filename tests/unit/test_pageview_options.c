#include "test_pageview_support.h"

#include "pageview/kafka_conf.h"
#include "pageview/kafka_options.h"
#include "pageview/options.h"
#include "pageview/redis_client.h"

struct test_options {
    struct pv_common_options common;
    struct pv_kafka_options kafka;
    struct pv_redis_options redis;
    const char *pattern;
    struct pv_list tail;
    int64_t batch;
    int64_t flush_interval_ms;
    int format;
    int color;
    bool exit_at_end;
};

static const char *const formats[] = {"combined", "common", "event", NULL};
static const char *const colors[] = {"always", "never", NULL};

static const struct pv_option rows[] = {
    PV_KAFKA_OPTION_ROWS(struct test_options),
    PV_REDIS_OPTION_ROWS(struct test_options),
    {"article-pattern", PV_OPTION_TEXT, offsetof(struct test_options, pattern), NULL, 0, 0, NULL,
     "PCRE", "what is an article"},
    {"tail", PV_OPTION_LIST, offsetof(struct test_options, tail), NULL, 0, 0, NULL, "PATH",
     "a log to follow"},
    {"batch", PV_OPTION_COUNT, offsetof(struct test_options, batch), "100", 1, 1000, NULL, "N",
     "articles in a batch"},
    {"flush-interval", PV_OPTION_DURATION, offsetof(struct test_options, flush_interval_ms), "1s",
     10, 3600000, NULL, "DURATION", "pause between batches"},
    {"format", PV_OPTION_CHOICE, offsetof(struct test_options, format), "combined", 0, 0, formats,
     NULL, "how lines are written"},
    {"color", PV_OPTION_OPTIONAL, offsetof(struct test_options, color), NULL, 0, 0, colors, NULL,
     "whether to color"},
    {"exit-at-end", PV_OPTION_FLAG, offsetof(struct test_options, exit_at_end), NULL, 0, 0, NULL,
     NULL, "stop at the end"},
    PV_COMMON_OPTION_ROWS(struct test_options),
};

static struct pv_program program = {
    .name = "pv-test",
    .summary = "Tests options.",
    .options = rows,
    .option_count = sizeof rows / sizeof rows[0],
    .options_size = sizeof(struct test_options),
    .common_offset = offsetof(struct test_options, common),
    .takes_kafka = true,
};

static struct test_options options;
static struct pv_error error;
static char config_path[64];

/* Parses these arguments, the last of them NULL, into `options`. */
static enum pv_status parse(const char *first, ...)
{
    const char *argv[128] = {"pv-test"};
    int argc = 1;
    va_list list;

    pv_options_clean_up(&program, &options);
    memset(&options, 0, sizeof options);
    memset(&error, 0, sizeof error);
    va_start(list, first);
    for (const char *argument = first; argument != NULL; argument = va_arg(list, const char *))
        argv[argc++] = argument;
    va_end(list);
    return pv_options_parse(&program, argc, (char **)argv, &options, &error);
}

/* The same with a configuration file of this text. */
static enum pv_status parse_file(const char *text, const char *argument)
{
    char flag[80];
    enum pv_status status;

    write_temporary_file(config_path, text, strlen(text));
    snprintf(flag, sizeof flag, "--config=%s", config_path);
    status = parse(flag, argument, NULL);
    unlink(config_path);
    return status;
}

static int clean(void **state)
{
    static const char *const names[] = {"PV_CONFIG",         "PV_TOPIC", "PV_TAIL",
                                        "PV_FLUSH_INTERVAL", "PV_BATCH", "PV_REDIS_PASSWORD_FILE",
                                        "PV_EXIT_AT_END"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    pv_options_clean_up(&program, &options);
    memset(&options, 0, sizeof options);
    program.takes_kafka = true;
    return 0;
}

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

static void kafka_properties_come_in_every_spelling(void **state)
{
    (void)state;
    assert_int_equal(
        parse_file("kafka.linger.ms = 5\nkafka.sasl.password = a=b\n", "-Xkafka.linger.ms=20"),
        PV_OK);
    assert_int_equal(options.common.kafka_properties.count, 3);
    assert_string_equal(options.common.kafka_properties.items[0], "linger.ms=5");
    assert_string_equal(options.common.kafka_properties.items[1], "sasl.password=a=b");
    /* The last of a name wins at librdkafka, so flags stand behind the file. */
    assert_string_equal(options.common.kafka_properties.items[2], "linger.ms=20");
    assert_int_equal(
        parse("-X", "kafka.acks=all", "--kafka.acks=1", "-X", "kafka.client.rack=", NULL), PV_OK);
    assert_int_equal(options.common.kafka_properties.count, 3);
    assert_string_equal(options.common.kafka_properties.items[0], "acks=all");
    assert_string_equal(options.common.kafka_properties.items[1], "acks=1");
    assert_string_equal(options.common.kafka_properties.items[2], "client.rack=");
}

static void a_long_kafka_property_is_kept_whole(void **state)
{
    /* Such as a certificate in PEM. */
    static char argument[9000] = "-Xkafka.ssl.certificate.pem=";
    size_t head = strlen(argument);

    (void)state;
    memset(argument + head, 'x', sizeof argument - 1 - head);
    assert_int_equal(parse(argument, NULL), PV_OK);
    assert_string_equal(options.common.kafka_properties.items[0], argument + strlen("-Xkafka."));
}

static void kafka_properties_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {"-X", "-Xlinger.ms=5", "-Xkafka.linger.ms", "-X=5"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i], NULL), PV_INVALID);
        assert_string_equal(error.text, "command line: -X takes kafka.PROPERTY=VALUE");
    }
    program.takes_kafka = false;
    assert_int_equal(parse("-Xkafka.linger.ms=5", NULL), PV_INVALID);
    assert_string_equal(error.text,
                        "command line: pv-test does not talk to Kafka: remove kafka.linger.ms");
}

static void too_many_kafka_properties_say_where(void **state)
{
    char *argv[66] = {"pv-test"};

    (void)state;
    for (int i = 1; i <= 65; i++)
        argv[i] = "-Xkafka.linger.ms=5";
    assert_int_equal(pv_options_parse(&program, 66, argv, &options, &error), PV_INVALID);
    assert_string_equal(error.text, "command line: kafka.linger.ms: may be given 64 times at most");
}

static void librdkafka_is_asked_about_its_properties(void **state)
{
    const struct pv_kafka_options *kafka = &options.kafka;
    static const struct {
        const char *argument, *text;
    } bad[] = {
        {"-Xkafka.fetch.min.byte=5", "has no such property: did you mean kafka.fetch.min.bytes?"},
        {"-Xkafka.linger.ms=soon", "kafka.linger.ms=soon: "},
        {"-Xkafka.acks=maybe", "kafka.acks=maybe: "},
        {"-Xkafka.=5", "kafka.: librdkafka "},
    };

    (void)state;
    assert_int_equal(parse("-Xkafka.linger.ms=20", NULL), PV_OK);
    options.kafka.properties = &options.common.kafka_properties;
    assert_int_equal(pv_kafka_options_check(kafka, &error), PV_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i].argument, NULL), PV_OK);
        options.kafka.properties = &options.common.kafka_properties;
        assert_int_equal(pv_kafka_options_check(kafka, &error), PV_INVALID);
        assert_contains(error.text, bad[i].text);
    }
    assert_int_equal(parse("-Xkafka.zzzzzzzzzzzzzz=5", NULL), PV_OK);
    options.kafka.properties = &options.common.kafka_properties;
    assert_int_equal(pv_kafka_options_check(kafka, &error), PV_INVALID);
    assert_lacks(error.text, "did you mean");
    assert_true(pv_kafka_conf_knows("linger.ms"));
    assert_false(pv_kafka_conf_knows("linger.parsecs"));
}

static void users_kafka_properties_beat_the_programs(void **state)
{
    static const struct pv_kafka_property own[] = {{"linger.ms", "5"}, {"acks", "1"}, {NULL, NULL}};
    rd_kafka_conf_t *conf = NULL;
    char value[64];
    size_t size = sizeof value;

    (void)state;
    assert_int_equal(parse("-Xkafka.linger.ms=20", "--brokers=b:1", NULL), PV_OK);
    options.kafka.properties = &options.common.kafka_properties;
    assert_int_equal(pv_kafka_conf_new(&options.kafka, own, &conf, &error), PV_OK);
    assert_int_equal(rd_kafka_conf_get(conf, "linger.ms", value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, "20");
    size = sizeof value;
    assert_int_equal(rd_kafka_conf_get(conf, "bootstrap.servers", value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, "b:1");
    rd_kafka_conf_destroy(conf);
}

static void a_file_may_have_comments_blanks_and_no_last_newline(void **state)
{
    (void)state;
    assert_int_equal(parse_file("\xef\xbb\xbf# a comment\n; another\n\n \t\n  topic=a\r\n"
                                "tail = /x y\t \n\ttail = /z#1;2 ; a comment behind a blank\n"
                                "exit-at-end = on\nprefix =\nbatch: 7\narticle-pattern = ^/a=b$",
                                NULL),
                     PV_OK);
    assert_string_equal(options.kafka.topic, "a");
    assert_int_equal(options.tail.count, 2);
    assert_string_equal(options.tail.items[0], "/x y");
    assert_string_equal(options.tail.items[1], "/z#1;2");
    assert_true(options.exit_at_end);
    assert_string_equal(options.redis.prefix, "");
    assert_int_equal(options.batch, 7);
    assert_string_equal(options.pattern, "^/a=b$");
}

static void an_indented_line_is_a_line_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(parse_file("topic = a\n  prefix = b:\n", NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "a");
    assert_string_equal(options.redis.prefix, "b:");
    assert_int_equal(parse_file("topic = a\n  b\n", NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: not \"name = value\"");
}

static void a_file_that_cannot_be_read_says_so(void **state)
{
    (void)state;
    assert_int_equal(parse("--config=/nonexistent/pv.conf", NULL), PV_INVALID);
    assert_string_equal(error.text, "--config=/nonexistent/pv.conf: cannot read it: does the file "
                                    "exist, and may this user read it?");
    assert_int_equal(parse("--config=/tmp", NULL), PV_INVALID);
    assert_contains(error.text, "--config=/tmp: cannot read it");
    assert_int_equal(parse("--config=", NULL), PV_INVALID);
    assert_int_equal(parse("--config", NULL), PV_INVALID);
    assert_contains(error.text, "--config needs a value: --config=FILE");
}

static void a_mistake_in_a_file_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"topic = a\n[kafka]\nbatch = 1\n",
         ": line 3: below section [kafka]: this file has no sections, only \"name = value\" lines"},
        {"topic = a\nexit-at-end\n", ": line 2: not \"name = value\""},
        {"topic = a\nexit-at-end\nbatch = 0\n", ": line 2: not \"name = value\""},
        {"batch = 0\nexit-at-end\n", ": line 1: batch=0: takes"},
        {"batch = 0\nflush-interval = 0\n", ": line 1: batch=0: takes"},
        {"= a\n", ": line 1: unknown option "},
        {"\nconfig = other\n", ": line 2: config cannot be set in a configuration file"},
        {"--topic = a\n", ": line 1: unknown option --topic: did you mean topic?"},
        {"[section\n", ": line 1: not \"name = value\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse_file(cases[i].text, NULL), PV_INVALID);
        assert_contains(error.text, config_path);
        assert_contains(error.text, cases[i].error);
    }
}

static void long_lines_are_settings_like_others(void **state)
{
    static char text[2000];
    size_t length;

    (void)state;
    for (int size = 150; size < 250; size++) { /* inih's own limit is among them */
        length = (size_t)snprintf(text, sizeof text, "  topic = %0*d ;%s\nbatch = 7\n", size, 1,
                                  " a comment");
        assert_true(length < sizeof text);
        assert_int_equal(parse_file(text, NULL), PV_OK);
        assert_int_equal(strlen(options.kafka.topic), size);
        assert_int_equal(options.batch, 7);
    }
    snprintf(text, sizeof text, "# %0300d = 1\n;%0300d\nbatch = 7\n", 1, 1);
    assert_int_equal(parse_file(text, NULL), PV_OK);
    snprintf(text, sizeof text, "\ntopik = %0300d\nbatch = 9\n", 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: ");
    assert_contains(error.text, "topik");
    snprintf(text, sizeof text, "\n%0300d\n", 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: not \"name = value\"");
}

static void a_line_too_long_is_refused_not_cut(void **state)
{
    static char text[2 * PV_CONFIG_LINE_MAX];
    const int name = (int)strlen("topic = ");

    (void)state;
    snprintf(text, sizeof text, "topic = %0*d\nbatch = 7\n", PV_CONFIG_LINE_MAX - name, 1);
    assert_int_equal(parse_file(text, NULL), PV_OK);
    assert_int_equal(strlen(options.kafka.topic), PV_CONFIG_LINE_MAX - name);
    assert_int_equal(options.batch, 7);
    snprintf(text, sizeof text, "topic = %0*d\n", PV_CONFIG_LINE_MAX - name + 1, 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 1: has more than 4096 characters");
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

static const char *word_at(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

static void the_nearest_name_is_near_or_none(void **state)
{
    static const char *const words[] = {"brokers", "topic", "tail", "prefix"};
    char long_name[100];

    (void)state;
    assert_string_equal(pv_nearest_name("broker", 4, word_at, words), "brokers");
    assert_string_equal(pv_nearest_name("tial", 4, word_at, words), "tail");
    assert_string_equal(pv_nearest_name("topic", 4, word_at, words), "topic");
    assert_null(pv_nearest_name("zzzz", 4, word_at, words));
    assert_null(pv_nearest_name("", 4, word_at, words));
    assert_null(pv_nearest_name("topic", 0, word_at, words));
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    pv_nearest_name(long_name, 4, word_at, words); /* must only not overrun */
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
        cmocka_unit_test_setup(an_error_names_place_option_value_and_what_it_takes, clean),
        cmocka_unit_test_setup(values_out_of_bounds_or_form_are_refused, clean),
        cmocka_unit_test_setup(bounds_themselves_are_accepted, clean),
        cmocka_unit_test_setup(durations_have_a_unit, clean),
        cmocka_unit_test_setup(kafka_properties_come_in_every_spelling, clean),
        cmocka_unit_test_setup(a_long_kafka_property_is_kept_whole, clean),
        cmocka_unit_test_setup(kafka_properties_that_are_none_are_refused, clean),
        cmocka_unit_test_setup(too_many_kafka_properties_say_where, clean),
        cmocka_unit_test_setup(librdkafka_is_asked_about_its_properties, clean),
        cmocka_unit_test_setup(users_kafka_properties_beat_the_programs, clean),
        cmocka_unit_test_setup(a_file_may_have_comments_blanks_and_no_last_newline, clean),
        cmocka_unit_test_setup(an_indented_line_is_a_line_of_its_own, clean),
        cmocka_unit_test_setup(a_file_that_cannot_be_read_says_so, clean),
        cmocka_unit_test_setup(a_mistake_in_a_file_is_named_with_its_line, clean),
        cmocka_unit_test_setup(long_lines_are_settings_like_others, clean),
        cmocka_unit_test_setup(a_line_too_long_is_refused_not_cut, clean),
        cmocka_unit_test_setup(help_lists_every_option, clean),
        cmocka_unit_test_setup_teardown(the_nearest_name_is_near_or_none, clean, clean),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
