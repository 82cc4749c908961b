/*
 * pv-bench-raw-produce: how fast librdkafka alone ships the lines of a file.
 *
 * The limit that the shipper is measured against: default settings but for lz4 and the partitioner,
 * not idempotent, acks as by default, nothing parsed: the key is found at a fixed place.
 *
 *   --brokers=HOST:PORT --topic=pageviews --in=FILE   every line starts with {"article":"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_util.h"

struct tally {
    int64_t events;
    int64_t bytes;
};

static struct tally ship(rd_kafka_t *kafka, rd_kafka_topic_t *topic, FILE *file, const char *path)
{
    static const char START[] = "{\"article\":\"";
    const size_t start_size = sizeof START - 1;
    struct tally tally = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t got = 0;
    while ((got = getline(&line, &capacity, file)) > 0) {
        size_t size = (size_t)got - (line[got - 1] == '\n' ? 1 : 0);
        if (size <= start_size || memcmp(line, START, start_size) != 0)
            bench_die("%s:%lld does not start with %s", path, (long long)tally.events + 1, START);
        const char *key = line + start_size;
        const char *quote = memchr(key, '"', size - start_size);
        if (quote == NULL)
            bench_die("%s:%lld has no end of its article", path, (long long)tally.events + 1);
        bench_produce(kafka, topic, key, (size_t)(quote - key), line, size, 0);
        tally.events++;
        tally.bytes += (int64_t)size;
    }
    if (ferror(file))
        bench_die("cannot read %s", path);
    free(line);
    return tally;
}

int main(int argc, char **argv)
{
    static const char *const KNOWN[] = {"brokers", "topic", "in"};
    bench_check_options(argc, argv, KNOWN, 3);
    const char *path = bench_option(argc, argv, "in", NULL);
    if (path == NULL)
        bench_die("give --in=FILE");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        bench_die("cannot read %s", path);

    double started_s = bench_now_s();
    rd_kafka_t *kafka = bench_producer_new(bench_option(argc, argv, "brokers", "127.0.0.1:9092"));
    rd_kafka_topic_t *topic =
        rd_kafka_topic_new(kafka, bench_option(argc, argv, "topic", "pageviews"), NULL);
    if (topic == NULL)
        bench_die("topic: %s", rd_kafka_err2str(rd_kafka_last_error()));
    struct tally tally = ship(kafka, topic, file, path);
    bench_producer_close(kafka, topic);
    bench_report(tally.events, tally.bytes, bench_now_s() - started_s);
    fclose(file);
    return EXIT_SUCCESS;
}
