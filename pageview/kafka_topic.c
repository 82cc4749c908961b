#include "pageview/kafka_topic.h"

#include <string.h>

enum { METADATA_TIMEOUT_MS = 3000, CREATE_TIMEOUT_MS = 20000 };

enum pv_status pv_kafka_topic_partitions(rd_kafka_t *client, const struct pv_kafka_options *options,
                                         const char *topic, int32_t *partitions,
                                         struct pv_error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(client, 1, NULL, &metadata, METADATA_TIMEOUT_MS);

    *partitions = 0;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(options, "listing topics", err, error);
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0)
            *partitions = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return PV_OK;
}

static enum pv_status creation_result(const struct pv_kafka_options *options, const char *topic,
                                      rd_kafka_event_t *event, struct pv_error *error)
{
    const rd_kafka_topic_result_t **results;
    size_t count = 0;

    if (event == NULL)
        return pv_kafka_unavailable(options, "creating a topic", RD_KAFKA_RESP_ERR__TIMED_OUT,
                                    error);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return pv_kafka_unavailable(options, "creating a topic", rd_kafka_event_error(event),
                                    error);
    results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);

        if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return pv_error_set(error, PV_INVALID,
                                "topic %s: Kafka did not create it: %s: %s: create it yourself, or "
                                "allow this client to",
                                topic, rd_kafka_err2str(err),
                                rd_kafka_topic_result_error_string(results[i]));
    }
    return PV_OK;
}

enum pv_status pv_kafka_topic_create(rd_kafka_t *client, const struct pv_kafka_options *options,
                                     const char *topic, int32_t partitions, struct pv_error *error)
{
    char why[256];
    rd_kafka_NewTopic_t *new_topic = rd_kafka_NewTopic_new(topic, partitions, -1, why, sizeof why);
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    enum pv_status status;

    if (new_topic == NULL)
        return pv_error_set(error, PV_INVALID, "topic %s: %s", topic, why);
    queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &new_topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, CREATE_TIMEOUT_MS);
    status = creation_result(options, topic, event, error);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(new_topic);
    return status;
}
