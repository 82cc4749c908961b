#include "pageview/kafka_conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "pageview/log.h"
#include "pageview/nearest_name.h"

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    /* Levels are syslog's: 3 is error, 4 warning, 6 info. What matters to users also comes as an
     * error or as the answer to a call, so librdkafka's own words are for debugging. */
    pv_log(level < 3 ? PV_LOG_WARN : PV_LOG_DEBUG, "librdkafka", PV_TEXT("facility", facility),
           PV_TEXT("text", text));
}

static void on_error(rd_kafka_t *client, int err, const char *reason, void *opaque)
{
    (void)client;
    (void)opaque;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        pv_log(PV_LOG_WARN, "kafka_away", PV_TEXT("error", reason),
               PV_TEXT("advice", "is Kafka running, and is --brokers right? trying again"));
    else
        pv_log(PV_LOG_DEBUG, "kafka_error", PV_TEXT("code", rd_kafka_err2name(err)),
               PV_TEXT("error", reason));
}

struct known_properties {
    const char **pairs; /* name, value, name, value … */
    size_t count;
};

static const char *property_name_at(const void *context, size_t i)
{
    return ((const struct known_properties *)context)->pairs[2 * i];
}

static enum pv_status unknown_property(const char *name, struct pv_error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct known_properties known = {NULL, 0};
    const char *nearest;
    enum pv_status status;

    known.pairs = rd_kafka_conf_dump(conf, &known.count);
    known.count /= 2;
    nearest = pv_nearest_name(name, known.count, property_name_at, &known);
    status =
        pv_error_set(error, PV_INVALID, "kafka.%s: librdkafka %s has no such property%s%s%s", name,
                     rd_kafka_version_str(), nearest != NULL ? ": did you mean kafka." : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    rd_kafka_conf_dump_free(known.pairs, known.count * 2);
    rd_kafka_conf_destroy(conf);
    return status;
}

static enum pv_status set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                                   struct pv_error *error)
{
    char why[512];

    switch (rd_kafka_conf_set(conf, name, value, why, sizeof why)) {
    case RD_KAFKA_CONF_OK:
        return PV_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return unknown_property(name, error);
    default:
        return pv_error_set(error, PV_INVALID, "kafka.%s=%s: %s", name, value, why);
    }
}

/* Whether counts are exact depends on these. */
static bool is_own(const char *name)
{
    static const char *const own[] = {
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "partition.assignment.strategy",
        "partitioner",
        "transactional.id",
    };

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

static enum pv_status set_user_property(rd_kafka_conf_t *conf, const char *text,
                                        struct pv_error *error)
{
    size_t length = strcspn(text, "=");
    char name[128];

    if (length >= sizeof name)
        return pv_error_set(error, PV_INVALID, "kafka.%s: no such property", text);
    memcpy(name, text, length);
    name[length] = '\0';
    if (is_own(name))
        return pv_error_set(
            error, PV_INVALID,
            "kafka.%s is set by the program, as exact counts depend on it: remove it", name);
    return set_property(conf, name, text + length + (text[length] == '='), error);
}

enum pv_status pv_kafka_conf_new(const struct pv_kafka_options *options,
                                 const struct pv_kafka_property *properties, rd_kafka_conf_t **conf,
                                 struct pv_error *error)
{
    rd_kafka_conf_t *made = rd_kafka_conf_new();
    enum pv_status status = set_property(made, "bootstrap.servers", options->brokers, error);

    for (; status == PV_OK && properties->name != NULL; properties++)
        status = set_property(made, properties->name, properties->value, error);
    for (size_t i = 0; status == PV_OK && i < options->properties->count; i++)
        status = set_user_property(made, options->properties->items[i], error);
    if (status != PV_OK) {
        rd_kafka_conf_destroy(made);
        return status;
    }
    rd_kafka_conf_set_log_cb(made, on_log);
    rd_kafka_conf_set_error_cb(made, on_error);
    *conf = made;
    return PV_OK;
}

enum pv_status pv_kafka_options_check(const struct pv_kafka_options *options,
                                      struct pv_error *error)
{
    static const struct pv_kafka_property none[] = {{NULL, NULL}};
    rd_kafka_conf_t *conf;
    enum pv_status status = pv_kafka_conf_new(options, none, &conf, error);

    if (status == PV_OK)
        rd_kafka_conf_destroy(conf);
    return status;
}

bool pv_kafka_conf_knows(const char *property)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char value[64];
    size_t size = sizeof value;
    bool known = rd_kafka_conf_get(conf, property, value, &size) == RD_KAFKA_CONF_OK;

    rd_kafka_conf_destroy(conf);
    return known;
}

enum pv_status pv_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **client,
                                   struct pv_error *error)
{
    char why[512];

    *client = rd_kafka_new(type, conf, why, sizeof why);
    if (*client == NULL) {
        rd_kafka_conf_destroy(conf);
        return pv_error_set(error, PV_INVALID, "Kafka client: %s", why);
    }
    return PV_OK;
}

enum pv_status pv_kafka_producer_new(
    const struct pv_kafka_options *options, const struct pv_kafka_property *properties,
    void (*on_delivery)(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque),
    void *opaque, rd_kafka_t **client, struct pv_error *error)
{
    rd_kafka_conf_t *conf;
    enum pv_status status = pv_kafka_conf_new(options, properties, &conf, error);

    if (status != PV_OK)
        return status;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, opaque);
    return pv_kafka_client_new(RD_KAFKA_PRODUCER, conf, client, error);
}

enum pv_status pv_kafka_unavailable(const struct pv_kafka_options *options, const char *doing,
                                    rd_kafka_resp_err_t err, struct pv_error *error)
{
    return pv_error_set(error, PV_UNAVAILABLE,
                        "Kafka at %s: %s: %s: is it running, and is --brokers right?",
                        options->brokers, doing, rd_kafka_err2str(err));
}
