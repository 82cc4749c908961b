/*
 * pv-bench-raw-consume: how fast librdkafka alone hands over a topic.
 *
 * The limit that the aggregator is measured against: default settings, batches of 10,000, nothing
 * parsed and nothing kept. No consumer group either, so that its time has no join in it.
 *
 *   --brokers=HOST:PORT --topic=pageviews
 */
#include <stdbool.h>
#include <stdlib.h>

#include "bench_util.h"

enum { BATCH = 10000, REQUEST_LIMIT_MS = 30000, PATIENCE_S = 60 };

static int partition_count(rd_kafka_t *kafka, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 0, topic, &metadata, REQUEST_LIMIT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("topic %s: %s", name, rd_kafka_err2str(code));
    int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    if (count < 1)
        bench_die("topic %s has no partitions", name);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return count;
}

struct partition {
    int64_t end; /* offset after the last one */
    bool done;
};

static struct partition *ask_ends(rd_kafka_t *kafka, const char *topic, int partitions)
{
    struct partition *list = calloc((size_t)partitions, sizeof *list);
    if (list == NULL)
        bench_die("out of memory");
    for (int p = 0; p < partitions; p++) {
        int64_t start = 0;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(kafka, topic, p, &start,
                                                                    &list[p].end, REQUEST_LIMIT_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_die("end offset: %s", rd_kafka_err2str(code));
        list[p].done = list[p].end == start;
    }
    return list;
}

static void assign_from_start(rd_kafka_t *kafka, const char *topic, int partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(kafka, list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("assign: %s", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
}

struct tally {
    int64_t events;
    int64_t bytes;
    int left; /* partitions not yet read to their end */
};

/* The end is the last offset, or librdkafka's word that there is no more: the last record of a
 * transaction has an offset and is never handed over. That word alone would come half a second
 * late, since an empty fetch is held back by the broker. */
static void take(struct tally *tally, struct partition *partitions, rd_kafka_message_t *message)
{
    struct partition *partition = &partitions[message->partition];
    bool at_end = false;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        tally->events++;
        tally->bytes += (int64_t)message->len;
        at_end = message->offset + 1 >= partition->end;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        at_end = true;
    } else {
        bench_die("consume: %s", rd_kafka_message_errstr(message));
    }
    if (at_end && !partition->done) {
        partition->done = true;
        tally->left--;
    }
    rd_kafka_message_destroy(message);
}

static struct tally drain(rd_kafka_t *kafka, struct partition *partitions, int count)
{
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(kafka);
    struct tally tally = {0};
    for (int p = 0; p < count; p++)
        tally.left += partitions[p].done ? 0 : 1;
    double last_s = bench_now_s();
    while (tally.left > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 100, batch, BATCH);
        for (ssize_t i = 0; i < got; i++)
            take(&tally, partitions, batch[i]);
        if (got > 0)
            last_s = bench_now_s();
        else if (bench_now_s() - last_s > PATIENCE_S)
            bench_die("no message in %d s, %d partitions not at their end", PATIENCE_S, tally.left);
    }
    rd_kafka_queue_destroy(queue);
    return tally;
}

int main(int argc, char **argv)
{
    static const char *const KNOWN[] = {"brokers", "topic"};
    bench_check_options(argc, argv, KNOWN, 2);
    const char *brokers = bench_option(argc, argv, "brokers", "127.0.0.1:9092");
    const char *topic = bench_option(argc, argv, "topic", "pageviews");

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_conf_set(conf, "bootstrap.servers", brokers);
    bench_conf_set(conf, "group.id", "pv-bench-raw-consume");
    bench_conf_set(conf, "enable.auto.commit", "false");
    bench_conf_set(conf, "enable.partition.eof", "true");
    rd_kafka_t *kafka = bench_kafka_new(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(kafka);

    int count = partition_count(kafka, topic);
    struct partition *partitions = ask_ends(kafka, topic, count);
    double started_s = bench_now_s();
    assign_from_start(kafka, topic, count);
    struct tally tally = drain(kafka, partitions, count);
    double seconds = bench_now_s() - started_s;

    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    free(partitions);
    bench_report(tally.events, tally.bytes, seconds);
    return EXIT_SUCCESS;
}
