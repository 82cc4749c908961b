/* What a topic is on its cluster. For the kafka_* files only. */
#ifndef PAGEVIEW_KAFKA_TOPIC_H
#define PAGEVIEW_KAFKA_TOPIC_H

#include "pageview/kafka_conf.h"

/* Number of partitions of the topic, 0 when it does not exist. Never creates it: all topics are
 * listed, since asking a broker for one topic can create it. */
enum pv_status pv_kafka_topic_partitions(rd_kafka_t *client, const struct pv_kafka_options *options,
                                         const char *topic, int32_t *partitions,
                                         struct pv_error *error) PV_MUST_CHECK;

/* Creates the topic with the broker's replication factor. That it exists already is fine. */
enum pv_status pv_kafka_topic_create(rd_kafka_t *client, const struct pv_kafka_options *options,
                                     const char *topic, int32_t partitions,
                                     struct pv_error *error) PV_MUST_CHECK;

#endif
