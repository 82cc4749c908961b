/* What the bench programs share: options, librdkafka set-up, and the one line of figures each
 * prints. */
#ifndef PV_BENCH_UTIL_H
#define PV_BENCH_UTIL_H

#include <stdint.h>

#include <librdkafka/rdkafka.h>

/* Prints the message to stderr and exits 1: a bench has no one to hand an error to. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of `--name=value`, or `fallback`. `name` is without dashes. */
const char *bench_option(int argc, char **argv, const char *name, const char *fallback);
int64_t bench_option_int(int argc, char **argv, const char *name, int64_t fallback);
/* Dies on an argument whose name is not among the `count` names in `known`. */
void bench_check_options(int argc, char **argv, const char *const *known, int count);

/* Seconds on the monotonic clock. */
double bench_now_s(void);

/* Sets a librdkafka property or dies. */
void bench_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
/* Takes `conf`. Dies when there is no handle to be had. */
rd_kafka_t *bench_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/*
 * The producer that both the filling and the raw shipper use: lz4 and murmur2_random as our topics
 * have them, else librdkafka's defaults; only failed deliveries are reported, and one is the end.
 */
rd_kafka_t *bench_producer_new(const char *brokers);
/* Produces a copy; waits while the queue is full. `timestamp_ms` 0 leaves the time to librdkafka.
 */
void bench_produce(rd_kafka_t *kafka, rd_kafka_topic_t *topic, const char *key, size_t key_size,
                   const char *payload, size_t payload_size, int64_t timestamp_ms);
/* Waits until everything is delivered, then destroys both. */
void bench_producer_close(rd_kafka_t *kafka, rd_kafka_topic_t *topic);

/* Prints {"events":…,"bytes":…,"seconds":…,"cpu_seconds":…,"rss_mib":…,"librdkafka":"…"}. */
void bench_report(int64_t events, int64_t bytes, double seconds);

#endif
