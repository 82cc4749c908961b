#include "bench_util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { POLL_MS = 10, FLUSH_LIMIT_MS = 120000 };

void bench_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

/* The value in `--name=value`, or NULL when `argument` is another option. */
static const char *value_of(const char *argument, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, length) != 0 ||
        argument[2 + length] != '=')
        return NULL;
    return argument + 3 + length;
}

const char *bench_option(int argc, char **argv, const char *name, const char *fallback)
{
    for (int i = 1; i < argc; i++) {
        const char *value = value_of(argv[i], name);
        if (value != NULL)
            return value;
    }
    return fallback;
}

int64_t bench_option_int(int argc, char **argv, const char *name, int64_t fallback)
{
    const char *text = bench_option(argc, argv, name, NULL);
    if (text == NULL)
        return fallback;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0)
        bench_die("--%s=%s: want a whole number", name, text);
    return value;
}

void bench_check_options(int argc, char **argv, const char *const *known, int count)
{
    for (int i = 1; i < argc; i++) {
        bool good = false;
        for (int k = 0; k < count && !good; k++)
            good = value_of(argv[i], known[k]) != NULL;
        if (!good)
            bench_die("unknown option: %s", argv[i]);
    }
}

double bench_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[512];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        bench_die("%s", reason);
}

rd_kafka_t *bench_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char reason[512];
    rd_kafka_t *kafka = rd_kafka_new(type, conf, reason, sizeof reason);
    if (kafka == NULL)
        bench_die("%s", reason);
    return kafka;
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
    (void)kafka;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("delivery failed: %s", rd_kafka_err2str(message->err));
}

rd_kafka_t *bench_producer_new(const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_conf_set(conf, "bootstrap.servers", brokers);
    bench_conf_set(conf, "compression.codec", "lz4");
    bench_conf_set(conf, "partitioner", "murmur2_random");
    bench_conf_set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return bench_kafka_new(RD_KAFKA_PRODUCER, conf);
}

void bench_produce(rd_kafka_t *kafka, rd_kafka_topic_t *topic, const char *key, size_t key_size,
                   const char *payload, size_t payload_size, int64_t timestamp_ms)
{
    for (;;) {
        rd_kafka_resp_err_t code =
            rd_kafka_producev(kafka, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_KEY(key, key_size),
                              RD_KAFKA_V_VALUE((void *)(uintptr_t)payload, payload_size),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            bench_die("produce: %s", rd_kafka_err2str(code));
        rd_kafka_poll(kafka, POLL_MS);
    }
}

void bench_producer_close(rd_kafka_t *kafka, rd_kafka_topic_t *topic)
{
    if (rd_kafka_flush(kafka, FLUSH_LIMIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("not everything was delivered within two minutes");
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
}

void bench_report(int64_t events, int64_t bytes, double seconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"events\":%" PRId64 ",\"bytes\":%" PRId64
           ",\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"rss_mib\":%.1f,\"librdkafka\":\"%s\"}\n",
           events, bytes, seconds, cpu_s, (double)usage.ru_maxrss / 1024, rd_kafka_version_str());
}
