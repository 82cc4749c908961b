#include "producer/kafka_delivery.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/kafka_topic.h"
#include "producer/log_paths.h"

enum { REQUEST_TIMEOUT_MS = 5000 };

struct position {
    char *group, *metadata;
    int64_t offset;
};

struct pv_kafka_delivery {
    const struct pv_kafka_options *options;
    const char *instance;
    bool exactly_once, opened;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    atomic_int failed;                      /* events that were not delivered since begin */
    struct position positions[PV_LOGS_MAX]; /* until the commit, when delivering at least once */
    size_t position_count;
};

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct pv_kafka_delivery *delivery = opaque;

    (void)client;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        atomic_fetch_add(&delivery->failed, 1);
}

enum pv_status pv_kafka_delivery_new(const struct pv_kafka_options *options, const char *instance,
                                     bool exactly_once, struct pv_kafka_delivery **delivery,
                                     struct pv_error *error)
{
    char transactional_id[300];
    struct pv_kafka_property properties[] = {
        {"client.id", "pv-producer"},
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"},
        {"compression.type", "lz4"},
        /* Nobody sees an event before its transaction is committed, which sends what still waits.
         */
        {"linger.ms", exactly_once ? "500" : "20"},
        {"delivery.report.only.error", "true"}, /* only what failed is counted */
        {"socket.timeout.ms", "10000"},         /* sending a position waits for so long at most */
        /* So many are sent at once, while they are in the processor's caches. */
        {"batch.num.messages", "1000"},
        {"queue.buffering.max.messages", "200000"},
        {"queue.buffering.max.kbytes", "65536"},
        /* The log keeps the events, so there is no time to give up at; a transaction has one. */
        {exactly_once ? "transaction.timeout.ms" : "message.timeout.ms",
         exactly_once ? "60000" : "0"},
        {exactly_once ? "transactional.id" : NULL, transactional_id},
        {NULL, NULL},
    };
    struct pv_kafka_delivery *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the Kafka producer");
    made->options = options;
    made->instance = instance;
    made->exactly_once = exactly_once;
    snprintf(transactional_id, sizeof transactional_id, "pv-producer.%s", instance);
    status = pv_kafka_producer_new(options, properties, on_delivery, made, &made->client, error);
    if (status != PV_OK) {
        free(made);
        return status;
    }
    *delivery = made;
    return PV_OK;
}

static void forget_positions(struct pv_kafka_delivery *delivery)
{
    for (size_t i = 0; i < delivery->position_count; i++) {
        free(delivery->positions[i].group);
        free(delivery->positions[i].metadata);
    }
    delivery->position_count = 0;
}

void pv_kafka_delivery_destroy(struct pv_kafka_delivery *delivery)
{
    if (delivery == NULL)
        return;
    forget_positions(delivery);
    if (delivery->topic != NULL)
        rd_kafka_topic_destroy(delivery->topic);
    rd_kafka_purge(delivery->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(delivery->client);
    free(delivery);
}

/* What a failed transaction call means; takes `failure`. */
static enum pv_status explain(const struct pv_kafka_delivery *delivery, const char *doing,
                              rd_kafka_error_t *failure, struct pv_error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    enum pv_status status = PV_LOST;

    if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
        code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
        pv_error_set(
            error, PV_LOST,
            "another pv-producer with --instance=%s has started and takes over (give each an "
            "--instance of its own), or this one was stopped for over a minute (start it "
            "again)",
            delivery->instance);
    else if (rd_kafka_error_txn_requires_abort(failure))
        status = pv_error_set(error, PV_REFUSED, "Kafka at %s: %s: %s", delivery->options->brokers,
                              doing, rd_kafka_error_string(failure));
    else if (rd_kafka_error_is_retriable(failure) || code == RD_KAFKA_RESP_ERR__TIMED_OUT)
        status = pv_error_set(error, PV_UNAVAILABLE,
                              "Kafka at %s: %s: %s: is it running, and is --brokers right?",
                              delivery->options->brokers, doing, rd_kafka_error_string(failure));
    else
        pv_error_set(error, PV_LOST, "Kafka at %s: %s: %s", delivery->options->brokers, doing,
                     rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
    return status;
}

enum pv_status pv_kafka_delivery_open(struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    const struct pv_kafka_options *options = delivery->options;
    int32_t partitions;
    enum pv_status status =
        pv_kafka_topic_partitions(delivery->client, options, options->topic, &partitions, error);

    if (status != PV_OK)
        return status;
    if (partitions == 0)
        return pv_error_set(error, PV_UNAVAILABLE,
                            "Kafka at %s: there is no topic %s: start pv-aggregator, which creates "
                            "it, or create it yourself",
                            options->brokers, options->topic);
    if (delivery->exactly_once && !delivery->opened) {
        rd_kafka_error_t *failure =
            rd_kafka_init_transactions(delivery->client, REQUEST_TIMEOUT_MS);
        if (failure != NULL)
            return explain(delivery, "starting transactions", failure, error);
    }
    delivery->opened = true;
    if (delivery->topic == NULL)
        delivery->topic = rd_kafka_topic_new(delivery->client, options->topic, NULL);
    if (delivery->topic == NULL)
        return pv_error_set(error, PV_INVALID, "--topic=%s: %s", options->topic,
                            rd_kafka_err2str(rd_kafka_last_error()));
    return PV_OK;
}

/* A client that only reads and commits the group's offset, without being a member. */
static enum pv_status open_group(const struct pv_kafka_delivery *delivery, const char *group,
                                 rd_kafka_t **client, struct pv_error *error)
{
    const struct pv_kafka_property properties[] = {
        {"group.id", group},
        {"client.id", "pv-producer-position"},
        {"isolation.level", "read_committed"}, /* waits for a transaction that is being ended */
        {"enable.auto.commit", "false"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf;
    enum pv_status status = pv_kafka_conf_new(delivery->options, properties, &conf, error);

    if (status == PV_OK)
        status = pv_kafka_client_new(RD_KAFKA_CONSUMER, conf, client, error);
    return status;
}

static rd_kafka_topic_partition_list_t *position_list(const struct pv_kafka_delivery *delivery)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, delivery->options->topic, 0);
    return list;
}

enum pv_status pv_kafka_delivery_position(struct pv_kafka_delivery *delivery, const char *group,
                                          char *metadata, size_t size, struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_t *client;
    rd_kafka_resp_err_t err;
    enum pv_status status = open_group(delivery, group, &client, error);

    if (status != PV_OK)
        return status;
    list = position_list(delivery);
    err = rd_kafka_committed(client, list, REQUEST_TIMEOUT_MS);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = list->elems[0].err;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = pv_kafka_unavailable(delivery->options, "reading the position", err, error);
    else
        snprintf(metadata, size, "%.*s", (int)list->elems[0].metadata_size,
                 list->elems[0].metadata != NULL ? (const char *)list->elems[0].metadata : "");
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return status;
}

enum pv_status pv_kafka_delivery_begin(struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    rd_kafka_error_t *failure =
        delivery->exactly_once ? rd_kafka_begin_transaction(delivery->client) : NULL;

    atomic_store(&delivery->failed, 0);
    return failure == NULL ? PV_OK : explain(delivery, "beginning a transaction", failure, error);
}

enum pv_status pv_kafka_delivery_send(struct pv_kafka_delivery *delivery, struct pv_text key,
                                      struct pv_text value, int64_t timestamp_ms,
                                      struct pv_error *error)
{
    rd_kafka_resp_err_t err = rd_kafka_producev(
        delivery->client, RD_KAFKA_V_RKT(delivery->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key.data, key.length), RD_KAFKA_V_VALUE((void *)value.data, value.length),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END);

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return PV_OK;
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return pv_kafka_unavailable(delivery->options, "sending events", err, error);
    if (err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR__FATAL)
        return pv_error_set(error, PV_LOST, "Kafka at %s: sending events: %s",
                            delivery->options->brokers, rd_kafka_err2str(err));
    return pv_error_set(error, PV_REFUSED, "Kafka at %s: sending events: %s",
                        delivery->options->brokers, rd_kafka_err2str(err));
}

void pv_kafka_delivery_poll(struct pv_kafka_delivery *delivery, int timeout_ms)
{
    rd_kafka_poll(delivery->client, timeout_ms);
}

static enum pv_status send_position(struct pv_kafka_delivery *delivery, const char *group,
                                    rd_kafka_topic_partition_list_t *list, struct pv_error *error)
{
    rd_kafka_consumer_group_metadata_t *member = rd_kafka_consumer_group_metadata_new(group);
    rd_kafka_error_t *failure =
        rd_kafka_send_offsets_to_transaction(delivery->client, list, member, REQUEST_TIMEOUT_MS);

    rd_kafka_consumer_group_metadata_destroy(member);
    return failure == NULL ? PV_OK : explain(delivery, "sending the position", failure, error);
}

static enum pv_status keep_position(struct pv_kafka_delivery *delivery, const char *group,
                                    int64_t offset, const char *metadata, struct pv_error *error)
{
    struct position *position = &delivery->positions[delivery->position_count];

    if (delivery->position_count == PV_LOGS_MAX)
        return pv_error_set(error, PV_INVALID, "too many logs for one producer");
    position->group = strdup(group);
    position->metadata = strdup(metadata);
    position->offset = offset;
    delivery->position_count++;
    if (position->group == NULL || position->metadata == NULL)
        return pv_error_nomem(error, "a position");
    return PV_OK;
}

static rd_kafka_topic_partition_list_t *filled_list(const struct pv_kafka_delivery *delivery,
                                                    int64_t offset, const char *metadata)
{
    rd_kafka_topic_partition_list_t *list = position_list(delivery);
    char *copy = strdup(metadata); /* librdkafka frees it */

    list->elems[0].offset = offset;
    list->elems[0].metadata = copy;
    list->elems[0].metadata_size = copy != NULL ? strlen(copy) : 0;
    return list;
}

enum pv_status pv_kafka_delivery_set_position(struct pv_kafka_delivery *delivery, const char *group,
                                              int64_t offset, const char *metadata,
                                              struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list;
    enum pv_status status;

    if (!delivery->exactly_once)
        return keep_position(delivery, group, offset, metadata, error);
    list = filled_list(delivery, offset, metadata);
    status = send_position(delivery, group, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static enum pv_status commit_position(const struct pv_kafka_delivery *delivery,
                                      const struct position *position, struct pv_error *error)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_t *client;
    rd_kafka_resp_err_t err;
    enum pv_status status = open_group(delivery, position->group, &client, error);

    if (status != PV_OK)
        return status;
    list = filled_list(delivery, position->offset, position->metadata);
    err = rd_kafka_commit(client, list, 0);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = pv_kafka_unavailable(delivery->options, "committing the position", err, error);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return status;
}

static enum pv_status commit_at_least_once(struct pv_kafka_delivery *delivery,
                                           struct pv_error *error)
{
    rd_kafka_resp_err_t err = rd_kafka_flush(delivery->client, REQUEST_TIMEOUT_MS);
    enum pv_status status = PV_OK;

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(delivery->options, "sending events", err, error);
    if (atomic_load(&delivery->failed) > 0)
        return pv_error_set(error, PV_REFUSED, "Kafka at %s: it refused %d events",
                            delivery->options->brokers, atomic_load(&delivery->failed));
    for (size_t i = 0; i < delivery->position_count && status == PV_OK; i++)
        status = commit_position(delivery, &delivery->positions[i], error);
    if (status == PV_OK)
        forget_positions(delivery);
    return status;
}

enum pv_status pv_kafka_delivery_commit(struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    rd_kafka_error_t *failure;

    if (!delivery->exactly_once)
        return commit_at_least_once(delivery, error);
    failure = rd_kafka_commit_transaction(delivery->client, REQUEST_TIMEOUT_MS);
    return failure == NULL ? PV_OK : explain(delivery, "committing", failure, error);
}

enum pv_status pv_kafka_delivery_abort(struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    rd_kafka_error_t *failure;

    forget_positions(delivery);
    if (!delivery->exactly_once)
        return PV_OK;
    failure = rd_kafka_abort_transaction(delivery->client, REQUEST_TIMEOUT_MS);
    return failure == NULL ? PV_OK : explain(delivery, "aborting", failure, error);
}
