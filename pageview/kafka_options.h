/* The options of every program that talks to Kafka. */
#ifndef PAGEVIEW_KAFKA_OPTIONS_H
#define PAGEVIEW_KAFKA_OPTIONS_H

#include "pageview/options.h"

struct pv_kafka_options {
    const char *brokers;
    const char *topic;
    const struct pv_list *properties; /* "name=value" of the user's kafka.* options */
};

#define PV_KAFKA_OPTION_ROWS(type)                                                                 \
    {"brokers", PV_OPTION_BROKERS, offsetof(type, kafka.brokers),    "127.0.0.1:9092", 0, 0,       \
     NULL,      "HOST:PORT,...",   "the Kafka brokers to start from"},                             \
    {                                                                                              \
        "topic", PV_OPTION_TEXT, offsetof(type, kafka.topic), "pageviews", 0, 0, NULL, "NAME",     \
            "the topic of view events"                                                             \
    }

/* Checks the kafka.* properties without talking to anybody. */
enum pv_status pv_kafka_options_check(const struct pv_kafka_options *options,
                                      struct pv_error *error) PV_MUST_CHECK;

#endif
