/*
 * pv-bench-fill: makes the traffic of the bench, into a topic or into a file.
 *
 *   --brokers=HOST:PORT --topic=NAME   create the topic when missing and fill it
 *   --out=FILE                         write lines instead
 *   --format=event|combined|log-event  what to make (a topic takes no access log)
 *   --events=2000000 --articles=50000 --zipf-percent=100 --readers=200000 --partitions=8 --seed=1
 *   --span-s=600                       the views' times end now and start this many seconds ago
 * With --events=0 the topic is made and left empty.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_traffic.h"
#include "bench_util.h"

enum { REQUEST_LIMIT_MS = 30000 };

static bench_format_fn format_named(const char *name)
{
    if (strcmp(name, "event") == 0)
        return bench_format_event;
    if (strcmp(name, "combined") == 0)
        return bench_format_combined;
    if (strcmp(name, "log-event") == 0)
        return bench_format_log_event;
    bench_die("--format=%s: want event, combined or log-event", name);
}

static void create_topic(rd_kafka_t *kafka, const char *name, int partitions)
{
    char reason[512];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof reason);
    if (topic == NULL)
        bench_die("topic %s: %s", name, reason);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, REQUEST_LIMIT_MS);
    if (event == NULL)
        bench_die("topic %s: no answer from the broker", name);
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **answers =
        result != NULL ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
    rd_kafka_resp_err_t code =
        count == 1 ? rd_kafka_topic_result_error(answers[0]) : rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        bench_die("topic %s: %s", name, rd_kafka_err2str(code));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

static int64_t fill_topic(struct bench_traffic *traffic, int64_t events, bench_format_fn format,
                          const char *brokers, const char *name, int partitions)
{
    rd_kafka_t *kafka = bench_producer_new(brokers);
    create_topic(kafka, name, partitions);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, name, NULL);
    if (topic == NULL)
        bench_die("topic %s: %s", name, rd_kafka_err2str(rd_kafka_last_error()));
    int64_t bytes = 0;
    for (int64_t i = 0; i < events; i++) {
        struct bench_view view;
        char line[BENCH_LINE_MAX];
        bench_traffic_next(traffic, &view);
        size_t size = format(&view, line);
        bench_produce(kafka, topic, view.article, strlen(view.article), line, size, view.ts_ms);
        bytes += (int64_t)size;
    }
    bench_producer_close(kafka, topic);
    return bytes;
}

static int64_t fill_file(struct bench_traffic *traffic, int64_t events, bench_format_fn format,
                         const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        bench_die("cannot write %s", path);
    int64_t bytes = 0;
    for (int64_t i = 0; i < events; i++) {
        struct bench_view view;
        char line[BENCH_LINE_MAX + 1];
        bench_traffic_next(traffic, &view);
        size_t size = format(&view, line);
        line[size] = '\n';
        if (fwrite(line, 1, size + 1, file) != size + 1)
            bench_die("cannot write %s", path);
        bytes += (int64_t)size + 1;
    }
    if (fclose(file) != 0)
        bench_die("cannot write %s", path);
    return bytes;
}

int main(int argc, char **argv)
{
    static const char *const KNOWN[] = {"brokers", "topic",    "out",          "format",
                                        "events",  "articles", "zipf-percent", "partitions",
                                        "seed",    "span-s",   "readers"};
    bench_check_options(argc, argv, KNOWN, (int)(sizeof KNOWN / sizeof KNOWN[0]));
    const char *out = bench_option(argc, argv, "out", NULL);
    const char *brokers = bench_option(argc, argv, "brokers", NULL);
    if ((out == NULL) == (brokers == NULL))
        bench_die("give --brokers or --out");
    bench_format_fn format = format_named(bench_option(argc, argv, "format", "event"));
    int64_t events = bench_option_int(argc, argv, "events", 2000000);
    int64_t span_ms = 1000 * bench_option_int(argc, argv, "span-s", 600);
    struct bench_traffic *traffic = bench_traffic_new(&(struct bench_traffic_options){
        .events = events,
        .articles = bench_option_int(argc, argv, "articles", 50000),
        .exponent = (double)bench_option_int(argc, argv, "zipf-percent", 100) / 100,
        .readers = bench_option_int(argc, argv, "readers", 200000),
        .seed = (uint64_t)bench_option_int(argc, argv, "seed", 1),
        .start_ms = (int64_t)time(NULL) * 1000 - span_ms,
        .span_ms = span_ms});

    double started_s = bench_now_s();
    int64_t bytes = out != NULL ? fill_file(traffic, events, format, out)
                                : fill_topic(traffic, events, format, brokers,
                                             bench_option(argc, argv, "topic", "pageviews"),
                                             (int)bench_option_int(argc, argv, "partitions", 8));
    bench_report(events, bytes, bench_now_s() - started_s);
    bench_traffic_destroy(traffic);
    return EXIT_SUCCESS;
}
