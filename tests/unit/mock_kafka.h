/* librdkafka's mock broker with the topic "pageviews", and handlers of a consumer that do nothing.
 */
#ifndef MOCK_KAFKA_H
#define MOCK_KAFKA_H

#include "test_pageview_support.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "aggregator/kafka_consumer.h"

enum { MOCK_KAFKA_WAIT_MS = 30000 };

/* A producer, which has the broker; rd_kafka_destroy ends both. */
static inline rd_kafka_t *mock_kafka_start(int partitions)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *producer;
    char why[256];

    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why),
                     RD_KAFKA_CONF_OK);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(producer);
    rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(producer), "pageviews", partitions, 1);
    return producer;
}

static inline const char *mock_kafka_address(const rd_kafka_t *producer)
{
    return rd_kafka_mock_cluster_bootstraps(rd_kafka_handle_mock_cluster(producer));
}

/* So many of the same value, delivered when this returns. */
static inline void mock_kafka_produce(rd_kafka_t *producer, int32_t partition, const char *value,
                                      int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("pageviews"),
                                           RD_KAFKA_V_PARTITION(partition),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                                           RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, MOCK_KAFKA_WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline bool pass_over_message(void *context, const struct pv_kafka_message *message,
                                     const struct pv_kafka_message *next)
{
    (void)context;
    (void)message;
    (void)next;
    return true;
}

static inline void ignore_end(void *context, int32_t partition, int64_t offset)
{
    (void)context;
    (void)partition;
    (void)offset;
}

static inline void ignore_assigned(void *context, const int32_t *partitions, size_t count)
{
    (void)context;
    (void)partitions;
    (void)count;
}

static inline void ignore_revoked(void *context, bool lost)
{
    (void)context;
    (void)lost;
}

static inline void ignore_missing(void *context, int32_t partition)
{
    (void)context;
    (void)partition;
}

#endif
