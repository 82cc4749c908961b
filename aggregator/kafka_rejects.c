#include "aggregator/kafka_rejects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pageview/kafka_conf.h"
#include "pageview/log.h"

struct pv_kafka_rejects {
    const struct pv_kafka_options *options;
    const char *topic;
    pv_metric_value *lost;
    rd_kafka_t *client;
};

static const struct pv_kafka_property properties[] = {
    {"client.id", "pv-aggregator-rejects"},
    {"enable.idempotence", "true"},
    {"message.timeout.ms", "0"},       /* a copy is tried until it is there */
    {"message.max.bytes", "10000000"}, /* what a broker let in once, it may let in again */
    {"queue.buffering.max.kbytes", "16384"},
    {"compression.type", "lz4"},
    {NULL, NULL},
};

static void report_lost(struct pv_kafka_rejects *rejects, rd_kafka_resp_err_t err)
{
    pv_metric_add(rejects->lost, 1);
    pv_log(PV_LOG_ERROR, "reject_not_copied", PV_TEXT("topic", rejects->topic),
           PV_TEXT("error", rd_kafka_err2str(err)),
           PV_TEXT("advice", "the event is counted under its reason; raise max.message.bytes of "
                             "the topic to keep such copies"));
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        report_lost(opaque, message->err);
}

enum pv_status pv_kafka_rejects_new(const struct pv_kafka_options *options, const char *topic,
                                    pv_metric_value *lost, struct pv_kafka_rejects **rejects,
                                    struct pv_error *error)
{
    struct pv_kafka_rejects *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the producer of rejected events");
    made->options = options;
    made->topic = topic;
    made->lost = lost;
    status = pv_kafka_producer_new(options, properties, on_delivery, made, &made->client, error);
    if (status != PV_OK) {
        free(made);
        return status;
    }
    *rejects = made;
    return PV_OK;
}

void pv_kafka_rejects_destroy(struct pv_kafka_rejects *rejects)
{
    if (rejects == NULL)
        return;
    rd_kafka_destroy(rejects->client);
    free(rejects);
}

bool pv_kafka_rejects_send(struct pv_kafka_rejects *rejects, const struct pv_kafka_message *message,
                           enum pv_reason reason)
{
    char partition[16], offset[24];
    rd_kafka_resp_err_t err;

    snprintf(partition, sizeof partition, "%" PRId32, message->partition);
    snprintf(offset, sizeof offset, "%" PRId64, message->offset);
    err = rd_kafka_producev(rejects->client, RD_KAFKA_V_TOPIC(rejects->topic),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_KEY(message->key, message->key_length),
                            RD_KAFKA_V_VALUE((void *)message->value, message->value_length),
                            RD_KAFKA_V_HEADER("pv-reason", pv_reason_name(reason), -1),
                            RD_KAFKA_V_HEADER("pv-topic", rejects->options->topic, -1),
                            RD_KAFKA_V_HEADER("pv-partition", partition, -1),
                            RD_KAFKA_V_HEADER("pv-offset", offset, -1), RD_KAFKA_V_END);
    rd_kafka_poll(rejects->client, 0);
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return false;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        report_lost(rejects, err);
    return true;
}

bool pv_kafka_rejects_flush(struct pv_kafka_rejects *rejects, int timeout_ms)
{
    return rd_kafka_flush(rejects->client, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}
