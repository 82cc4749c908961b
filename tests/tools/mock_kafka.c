/*
 * pv-mock-kafka: a Kafka to try the programs on, in one small process.
 *
 * It is librdkafka's mock cluster, which speaks enough of the protocol for
 * producers, transactions and consumer groups, and keeps everything in memory.
 * Good for the demo and for a first try; it is no store: it keeps the last
 * 5 MiB of a partition and forgets all at exit.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { MAX_TOPICS = 16, MAX_BROKERS = 8, MAX_PARTITIONS = 1000, DEFAULT_PARTITIONS = 8 };

struct topic {
    char name[250]; /* Kafka's own bound is 249 characters */
    int partitions;
};

struct options {
    int brokers;
    const char *address_file; /* NULL: standard output only */
    struct topic topics[MAX_TOPICS];
    size_t topic_count;
};

static const char USAGE[] =
    "usage: pv-mock-kafka [--brokers=1] [--topic=NAME[:PARTITIONS]]... [--address-file=PATH]\n"
    "  --topic         made at start, may be given 16 times\n"
    "                  (default: pageviews:8 and pageviews.rejected:8)\n"
    "  --address-file  also write the bootstrap servers here, whole or not at all\n"
    "Prints the bootstrap servers on one line, then runs until SIGTERM or SIGINT.\n";

static bool parse_count(const char *text, int max, int *out)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > max)
        return false;
    *out = (int)value;
    return true;
}

static bool add_topic(struct options *options, const char *text)
{
    if (options->topic_count == MAX_TOPICS)
        return false;
    struct topic *topic = &options->topics[options->topic_count];
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    if (length == 0 || length >= sizeof topic->name)
        return false;
    memcpy(topic->name, text, length);
    topic->name[length] = '\0';
    topic->partitions = DEFAULT_PARTITIONS;
    if (colon != NULL && !parse_count(colon + 1, MAX_PARTITIONS, &topic->partitions))
        return false;
    options->topic_count++;
    return true;
}

/* The value of `--name=value` when `argument` is that option, else NULL. */
static const char *option_value(const char *argument, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(argument, prefix, length) == 0 ? argument + length : NULL;
}

static bool parse_options(struct options *options, int argc, char **argv)
{
    *options = (struct options){.brokers = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        bool good = false;
        if ((value = option_value(argv[i], "--brokers=")) != NULL) {
            good = parse_count(value, MAX_BROKERS, &options->brokers);
        } else if ((value = option_value(argv[i], "--topic=")) != NULL) {
            good = add_topic(options, value);
        } else if ((value = option_value(argv[i], "--address-file=")) != NULL) {
            options->address_file = value;
            good = *value != '\0';
        }
        if (!good) {
            fprintf(stderr, "pv-mock-kafka: cannot use '%s'\n%s", argv[i], USAGE);
            return false;
        }
    }
    if (options->topic_count == 0)
        return add_topic(options, "pageviews") && add_topic(options, "pageviews.rejected");
    return true;
}

static bool create_topics(rd_kafka_mock_cluster_t *cluster, const struct options *options)
{
    for (size_t i = 0; i < options->topic_count; i++) {
        const struct topic *topic = &options->topics[i];
        rd_kafka_resp_err_t code =
            rd_kafka_mock_topic_create(cluster, topic->name, topic->partitions, options->brokers);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fprintf(stderr, "pv-mock-kafka: topic %s: %s\n", topic->name, rd_kafka_err2str(code));
            return false;
        }
    }
    return true;
}

/* By a second name and rename, so that whoever waits for the file never reads half of it. */
static bool write_address(const char *path, const char *servers)
{
    char fresh[PATH_MAX];
    int length = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof fresh) {
        fprintf(stderr, "pv-mock-kafka: path too long: %s\n", path);
        return false;
    }
    FILE *file = fopen(fresh, "w");
    bool good = file != NULL && fprintf(file, "%s\n", servers) > 0;
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (good && rename(fresh, path) == 0)
        return true;
    fprintf(stderr, "pv-mock-kafka: %s: %s\n", path, strerror(errno));
    return false;
}

static bool announce(const struct options *options, const char *servers)
{
    if (options->address_file != NULL && !write_address(options->address_file, servers))
        return false;
    return puts(servers) != EOF && fflush(stdout) == 0;
}

static bool serve(rd_kafka_t *kafka, const struct options *options, const sigset_t *stop)
{
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(kafka, options->brokers);
    if (cluster == NULL) {
        fputs("pv-mock-kafka: cannot start the mock cluster\n", stderr);
        return false;
    }
    bool good = create_topics(cluster, options) &&
                announce(options, rd_kafka_mock_cluster_bootstraps(cluster));
    if (good) {
        int received = 0;
        good = sigwait(stop, &received) == 0;
    }
    rd_kafka_mock_cluster_destroy(cluster);
    return good;
}

/* The mock cluster lives inside a client handle, which itself connects to nothing. */
static rd_kafka_t *new_handle(void)
{
    char reason[512] = "out of memory";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* Errors only: a handle without servers would warn about that. */
    if (rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof reason) == RD_KAFKA_CONF_OK) {
        rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        if (kafka != NULL)
            return kafka;
    }
    rd_kafka_conf_destroy(conf);
    fprintf(stderr, "pv-mock-kafka: %s\n", reason);
    return NULL;
}

int main(int argc, char **argv)
{
    struct options options;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return EXIT_SUCCESS;
    }
    if (!parse_options(&options, argc, argv))
        return 2;

    /* Blocked before librdkafka starts its threads, so that sigwait alone gets them. */
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0) {
        fputs("pv-mock-kafka: cannot block signals\n", stderr);
        return EXIT_FAILURE;
    }

    rd_kafka_t *kafka = new_handle();
    if (kafka == NULL)
        return EXIT_FAILURE;
    bool good = serve(kafka, &options, &stop);
    rd_kafka_destroy(kafka);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
