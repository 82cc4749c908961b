/* Properties of librdkafka, given by options. */
#include "test_pageview_options.h"

#include "pageview/kafka_conf.h"

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

static void properties_that_exact_counts_depend_on_are_refused(void **state)
{
    static const char *own[] = {
        "auto.offset.reset=earliest",
        "enable.auto.commit=false",
        "enable.auto.offset.store=true",
        "enable.idempotence=false",
        "enable.partition.eof=false",
        "group.id=mine",
        "isolation.level=read_committed",
        "partition.assignment.strategy=cooperative-sticky",
        "partitioner=random",
        "transactional.id=mine",
    };

    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        const struct pv_list properties = {&own[i], 1};
        const struct pv_kafka_options kafka = {.brokers = "b:1", .properties = &properties};
        char name[64];

        snprintf(name, sizeof name, "kafka.%.*s is set by the program", (int)strcspn(own[i], "="),
                 own[i]);
        assert_int_equal(pv_kafka_options_check(&kafka, &error), PV_INVALID);
        assert_contains(error.text, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(kafka_properties_come_in_every_spelling, clean),
        cmocka_unit_test_setup(a_long_kafka_property_is_kept_whole, clean),
        cmocka_unit_test_setup(kafka_properties_that_are_none_are_refused, clean),
        cmocka_unit_test_setup(too_many_kafka_properties_say_where, clean),
        cmocka_unit_test_setup(librdkafka_is_asked_about_its_properties, clean),
        cmocka_unit_test_setup(users_kafka_properties_beat_the_programs, clean),
        cmocka_unit_test_setup(properties_that_exact_counts_depend_on_are_refused, clean),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
