#include "aggregator/kafka_consumer.h"

#include <stdlib.h>
#include <string.h>

#include "aggregator/fetch_waker.h"
#include "aggregator/kafka_fetched.h"
#include "pageview/clock.h"
#include "pageview/kafka_topic.h"
#include "pageview/log.h"

enum { REQUEST_TIMEOUT_MS = 10000, REPORT_TIMEOUT_MS = 1000 };

struct pv_kafka_consumer {
    const struct pv_kafka_options *options;
    const struct pv_kafka_consumer_handlers *handlers;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    struct pv_fetch_waker *waker; /* NULL where librdkafka needs none */
    struct pv_kafka_fetched fetched;
    bool refused, paused;
};

static const char backoff_property[] = "fetch.queue.backoff.ms";

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct pv_kafka_consumer *consumer = opaque;

    /* Under the range assignor all partitions come and go at once, so what is kept is stale. */
    pv_kafka_fetched_drop(&consumer->fetched);
    consumer->refused = false;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        int32_t *partitions = calloc((size_t)list->cnt + 1, sizeof *partitions);

        if (partitions == NULL) {
            pv_log(PV_LOG_ERROR, "no_memory", PV_TEXT("for", "an assignment"));
            rd_kafka_assign(client, NULL);
            return;
        }
        for (int i = 0; i < list->cnt; i++)
            partitions[i] = list->elems[i].partition;
        consumer->handlers->on_assigned(consumer->handlers->context, partitions, (size_t)list->cnt);
        free(partitions);
    } else {
        consumer->handlers->on_revoked(consumer->handlers->context,
                                       rd_kafka_assignment_lost(client) != 0);
        rd_kafka_assign(client, NULL);
    }
}

enum pv_status pv_kafka_consumer_new(const struct pv_kafka_options *options, const char *group,
                                     const struct pv_kafka_consumer_handlers *handlers,
                                     struct pv_kafka_consumer **consumer, struct pv_error *error)
{
    bool has_backoff = pv_kafka_conf_knows(backoff_property);
    const struct pv_kafka_property properties[] = {
        {"group.id", group},
        {"client.id", "pv-aggregator"},
        {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"partition.assignment.strategy", "range"},
        {"topic.metadata.refresh.interval.ms", "10000"}, /* finds added partitions */
        /* A short queue of fetched messages is enough when librdkafka looks at it often: by
         * itself from 2.2 on, before that see fetch_waker.h. */
        {"queued.min.messages", "10000"},
        {"queued.max.messages.kbytes", "32768"},
        {has_backoff ? backoff_property : NULL, "2"},
        {NULL, NULL},
    };
    struct pv_kafka_consumer *made = calloc(1, sizeof *made);
    rd_kafka_conf_t *conf;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the consumer");
    made->options = options;
    made->handlers = handlers;
    status = pv_kafka_conf_new(options, properties, &conf, error);
    if (status == PV_OK) {
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_opaque(conf, made);
        status = pv_kafka_client_new(RD_KAFKA_CONSUMER, conf, &made->client, error);
    }
    if (status == PV_OK && !has_backoff) {
        status = pv_fetch_waker_new(made->client, options->topic, &made->waker, error);
        if (status != PV_OK)
            rd_kafka_destroy(made->client);
    }
    if (status != PV_OK) {
        free(made);
        return status;
    }
    rd_kafka_poll_set_consumer(made->client);
    made->queue = rd_kafka_queue_get_consumer(made->client);
    *consumer = made;
    return PV_OK;
}

void pv_kafka_consumer_destroy(struct pv_kafka_consumer *consumer)
{
    if (consumer == NULL)
        return;
    pv_kafka_fetched_drop(&consumer->fetched);
    pv_fetch_waker_destroy(consumer->waker);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_consumer_close(consumer->client);
    rd_kafka_destroy(consumer->client);
    free(consumer);
}

enum pv_status pv_kafka_consumer_ensure_topics(struct pv_kafka_consumer *consumer,
                                               const char *rejected_topic,
                                               int32_t wanted_partitions, int32_t *partitions,
                                               struct pv_error *error)
{
    const char *topics[] = {rejected_topic, consumer->options->topic};
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < 2 && status == PV_OK; i++) {
        status = pv_kafka_topic_partitions(consumer->client, consumer->options, topics[i],
                                           partitions, error);
        if (status != PV_OK || *partitions > 0)
            continue;
        status = pv_kafka_topic_create(consumer->client, consumer->options, topics[i],
                                       wanted_partitions, error);
        if (status == PV_OK) {
            pv_log(PV_LOG_INFO, "topic_created", PV_TEXT("topic", topics[i]),
                   PV_NUMBER("partitions", wanted_partitions));
            status = pv_kafka_topic_partitions(consumer->client, consumer->options, topics[i],
                                               partitions, error);
        }
        if (status == PV_OK && *partitions == 0) /* brokers hear of it one after the other */
            status = pv_error_set(error, PV_UNAVAILABLE, "topic %s is being created", topics[i]);
    }
    return status;
}

char *pv_kafka_consumer_cluster_id(struct pv_kafka_consumer *consumer)
{
    char *id = rd_kafka_clusterid(consumer->client, REQUEST_TIMEOUT_MS);
    char *copy = id != NULL ? strdup(id) : NULL;

    if (id != NULL)
        rd_kafka_mem_free(consumer->client, id);
    return copy;
}

enum pv_status pv_kafka_consumer_subscribe(struct pv_kafka_consumer *consumer,
                                           struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t err;

    rd_kafka_topic_partition_list_add(topics, consumer->options->topic, RD_KAFKA_PARTITION_UA);
    err = rd_kafka_subscribe(consumer->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_error_set(error, PV_INVALID, "--topic=%s: %s", consumer->options->topic,
                            rd_kafka_err2str(err));
    return PV_OK;
}

/* An error that came in a message's place. */
static void hand_out_error(struct pv_kafka_consumer *consumer, const rd_kafka_message_t *message)
{
    const struct pv_kafka_consumer_handlers *handlers = consumer->handlers;

    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        handlers->on_end(handlers->context, message->partition, message->offset);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        handlers->on_offset_missing(handlers->context, message->partition);
        break;
    default:
        pv_log(PV_LOG_WARN, "consume_error", PV_TEXT("code", rd_kafka_err2name(message->err)),
               PV_TEXT("error", rd_kafka_message_errstr(message)));
    }
}

/* False: there is none, or an error in its place. */
static bool view(const rd_kafka_message_t *message, struct pv_kafka_message *view)
{
    rd_kafka_timestamp_type_t type;

    if (message == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *view = (struct pv_kafka_message){
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .key = message->key,
        .key_length = message->key_len,
        .value = message->payload,
        .value_length = message->len,
    };
    return true;
}

/* Offers what was fetched; false when a message is refused. */
static bool hand_out(struct pv_kafka_consumer *consumer)
{
    const struct pv_kafka_consumer_handlers *handlers = consumer->handlers;
    struct pv_kafka_message views[2]; /* of the next one, and of the one behind it */
    const rd_kafka_message_t *message;
    bool was_next = false;

    for (int at = 0; (message = pv_kafka_fetched_next(&consumer->fetched)) != NULL; at = 1 - at) {
        if (!was_next && !view(message, &views[at])) {
            hand_out_error(consumer, message);
        } else {
            bool has_next = view(pv_kafka_fetched_behind(&consumer->fetched), &views[1 - at]);

            views[at].was_next = was_next;
            if (!handlers->on_message(handlers->context, &views[at],
                                      has_next ? &views[1 - at] : NULL))
                return false;
            was_next = has_next;
        }
        pv_kafka_fetched_take(&consumer->fetched);
    }
    return true;
}

static void fetch(struct pv_kafka_consumer *consumer, int timeout_ms)
{
    const rd_kafka_message_t *last =
        pv_kafka_fetched_add(&consumer->fetched, consumer->queue, timeout_ms);

    if (last != NULL)
        pv_fetch_waker_touch(consumer->waker, last->partition);
}

void pv_kafka_consumer_poll(struct pv_kafka_consumer *consumer, int timeout_ms)
{
    /* While messages are kept, only a paused consumer polls, to serve the group. */
    if (pv_kafka_fetched_next(&consumer->fetched) == NULL || consumer->paused)
        fetch(consumer, timeout_ms);
    consumer->refused = !hand_out(consumer);
}

bool pv_kafka_consumer_has_refused(const struct pv_kafka_consumer *consumer)
{
    return consumer->refused;
}

enum pv_status pv_kafka_consumer_watermarks(struct pv_kafka_consumer *consumer, int32_t partition,
                                            int64_t *low, int64_t *high, struct pv_error *error)
{
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
        consumer->client, consumer->options->topic, partition, low, high, REQUEST_TIMEOUT_MS);

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(consumer->options, "asking for the log's bounds", err, error);
    return PV_OK;
}

int64_t pv_kafka_consumer_cached_high(struct pv_kafka_consumer *consumer, int32_t partition)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(consumer->client, consumer->options->topic, partition, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high < 0 ? -1 : high;
}

static rd_kafka_topic_partition_list_t *make_list(const struct pv_kafka_consumer *consumer,
                                                  const int32_t *partitions, const int64_t *offsets,
                                                  size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->options->topic, partitions[i])->offset =
            offsets[i];
    return list;
}

enum pv_status pv_kafka_consumer_ends(struct pv_kafka_consumer *consumer, const int32_t *partitions,
                                      size_t count, int timeout_ms, int64_t *ends,
                                      struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    rd_kafka_resp_err_t err;

    /* Asked for the offset of a time, a broker takes -1 for the end. */
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->options->topic, partitions[i])->offset =
            RD_KAFKA_OFFSET_END;
    err = rd_kafka_offsets_for_times(consumer->client, list, timeout_ms);
    for (size_t i = 0; i < count && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        err = list->elems[i].err;
        ends[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(consumer->options, "asking for the logs' ends", err, error);
    return PV_OK;
}

enum pv_status pv_kafka_consumer_start(struct pv_kafka_consumer *consumer,
                                       const int32_t *partitions, const int64_t *offsets,
                                       size_t count, struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list = make_list(consumer, partitions, offsets, count);
    rd_kafka_resp_err_t err = rd_kafka_assign(consumer->client, list);

    pv_kafka_fetched_drop(&consumer->fetched); /* they are of the assignment before */
    consumer->refused = consumer->paused = false;
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(consumer->options, "starting to fetch", err, error);
    return PV_OK;
}

static rd_kafka_resp_err_t seek(struct pv_kafka_consumer *consumer,
                                rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *failure =
        rd_kafka_seek_partitions(consumer->client, list, REQUEST_TIMEOUT_MS);
    rd_kafka_resp_err_t err = failure != NULL ? rd_kafka_error_code(failure) : list->elems[0].err;

    if (failure != NULL)
        rd_kafka_error_destroy(failure);
    return err;
}

enum pv_status pv_kafka_consumer_seek(struct pv_kafka_consumer *consumer, int32_t partition,
                                      int64_t offset, struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list = make_list(consumer, &partition, &offset, 1);
    int64_t until_ms = pv_monotonic_ms() + REQUEST_TIMEOUT_MS;
    rd_kafka_resp_err_t err;

    do /* librdkafka before 2.1 waits for a thousandth of the time */
        err = seek(consumer, list);
    while (err == RD_KAFKA_RESP_ERR__TIMED_OUT && pv_monotonic_ms() < until_ms);
    pv_kafka_fetched_drop_partition(&consumer->fetched, partition);
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(consumer->options, "seeking", err, error);
    return PV_OK;
}

/* An empty assignment. librdkafka starts partitions after it has answered; a resume that comes in
 * between makes it ignore the start. */
void pv_kafka_consumer_pause(struct pv_kafka_consumer *consumer)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

    rd_kafka_assign(consumer->client, none);
    rd_kafka_topic_partition_list_destroy(none);
    consumer->paused = true;
}

/* The answer comes to a queue of its own, so that nobody waits for longer than is worth it. */
static void await_report(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, REPORT_TIMEOUT_MS);

    if (event != NULL)
        rd_kafka_event_destroy(event);
}

void pv_kafka_consumer_report(struct pv_kafka_consumer *consumer, const int32_t *partitions,
                              const int64_t *offsets, size_t count, bool wait)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_queue_t *queue;
    rd_kafka_resp_err_t err;

    if (count == 0)
        return;
    list = make_list(consumer, partitions, offsets, count);
    queue = rd_kafka_queue_new(consumer->client);
    err = rd_kafka_commit_queue(consumer->client, list, queue, NULL, NULL);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        pv_log(PV_LOG_DEBUG, "offsets_not_reported", PV_TEXT("error", rd_kafka_err2str(err)));
    else if (wait)
        await_report(queue);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
}
