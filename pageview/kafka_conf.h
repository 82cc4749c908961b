/* How every Kafka client of these programs is configured. The kafka_* files are the only ones
 * that know librdkafka; this header is for them. */
#ifndef PAGEVIEW_KAFKA_CONF_H
#define PAGEVIEW_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "pageview/kafka_options.h"
#include "pageview/status.h"

struct pv_kafka_property {
    const char *name, *value;
};

/* Makes a configuration: brokers, then `properties` (ends with a NULL name), then the user's
 * kafka.* properties, which beat the rest but for those that exact counts depend on.
 * librdkafka's logs and errors become log lines. PV_INVALID names the property that is one of
 * those, or unknown, with the nearest known one. The caller owns `*conf`. */
enum pv_status pv_kafka_conf_new(const struct pv_kafka_options *options,
                                 const struct pv_kafka_property *properties, rd_kafka_conf_t **conf,
                                 struct pv_error *error) PV_MUST_CHECK;

/* True when this librdkafka has the property. */
bool pv_kafka_conf_knows(const char *property);

/* Makes the client. Takes `conf` in every case. */
enum pv_status pv_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **client,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Both steps for a producer. `on_delivery` is told of every message, with `opaque`. */
enum pv_status pv_kafka_producer_new(
    const struct pv_kafka_options *options, const struct pv_kafka_property *properties,
    void (*on_delivery)(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque),
    void *opaque, rd_kafka_t **client, struct pv_error *error) PV_MUST_CHECK;

/* PV_UNAVAILABLE with the broker list, what was tried, and librdkafka's own words. */
enum pv_status pv_kafka_unavailable(const struct pv_kafka_options *options, const char *doing,
                                    rd_kafka_resp_err_t err, struct pv_error *error);

#endif
