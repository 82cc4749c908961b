/* The consumer side of Kafka: one member of the consumer group.
 *
 * Everything happens inside pv_kafka_consumer_poll, on the thread that calls it; the handlers
 * may call any function of this header but poll and destroy, and start and seek only those of the
 * group, on_assigned and on_revoked. */
#ifndef AGGREGATOR_KAFKA_CONSUMER_H
#define AGGREGATOR_KAFKA_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/kafka_options.h"
#include "pageview/status.h"

struct pv_kafka_message {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* -1: none */
    const char *key;      /* NULL: none */
    size_t key_length;
    const char *value; /* NULL: a tombstone */
    size_t value_length;
    bool was_next; /* it was `next` in the call before, and is still the same */
};

struct pv_kafka_consumer_handlers {
    /* False: no room now; the message is offered again by a later poll. It lives until the
     * handler returns. `next` is the one that will be offered after it, or NULL where that is not
     * known: something to prepare for. */
    bool (*on_message)(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next);
    /* Everything below `offset` was handed out and there is no more for now. */
    void (*on_end)(void *context, int32_t partition, int64_t offset);
    /* The group gave these partitions; nothing is fetched until pv_kafka_consumer_start. */
    void (*on_assigned)(void *context, const int32_t *partitions, size_t count);
    /* The group took all partitions back. `lost`: another member may have them already. */
    void (*on_revoked)(void *context, bool lost);
    /* The log no longer has, or not yet has, the offset that was to be fetched. */
    void (*on_offset_missing)(void *context, int32_t partition);
    void *context;
};

struct pv_kafka_consumer;

/* `options` and `handlers` must outlive the consumer. */
enum pv_status pv_kafka_consumer_new(const struct pv_kafka_options *options, const char *group,
                                     const struct pv_kafka_consumer_handlers *handlers,
                                     struct pv_kafka_consumer **consumer,
                                     struct pv_error *error) PV_MUST_CHECK;
/* Leaves the group (on_revoked is called) and frees. */
void pv_kafka_consumer_destroy(struct pv_kafka_consumer *consumer);

/* Creates the topic and its twin for rejected events where missing. `*partitions` is what the
 * topic has. */
enum pv_status pv_kafka_consumer_ensure_topics(struct pv_kafka_consumer *consumer,
                                               const char *rejected_topic,
                                               int32_t wanted_partitions, int32_t *partitions,
                                               struct pv_error *error) PV_MUST_CHECK;

/* The cluster's id, to be freed by the caller; NULL when the brokers do not answer. */
char *pv_kafka_consumer_cluster_id(struct pv_kafka_consumer *consumer);

/* Joins the group. */
enum pv_status pv_kafka_consumer_subscribe(struct pv_kafka_consumer *consumer,
                                           struct pv_error *error) PV_MUST_CHECK;

/* Waits up to `timeout_ms` for something, and calls the handlers for all of it. */
void pv_kafka_consumer_poll(struct pv_kafka_consumer *consumer, int timeout_ms);

/* True while messages that on_message refused are kept. */
bool pv_kafka_consumer_has_refused(const struct pv_kafka_consumer *consumer);

/* First and next offset of the partition's log. */
enum pv_status pv_kafka_consumer_watermarks(struct pv_kafka_consumer *consumer, int32_t partition,
                                            int64_t *low, int64_t *high,
                                            struct pv_error *error) PV_MUST_CHECK;
/* The next offset of each of `count` partitions' logs, as the brokers say now: behind what readers
 * of committed events may see. All brokers are asked at once, for up to `timeout_ms`;
 * PV_UNAVAILABLE when one of them does not answer. */
enum pv_status pv_kafka_consumer_ends(struct pv_kafka_consumer *consumer, const int32_t *partitions,
                                      size_t count, int timeout_ms, int64_t *ends,
                                      struct pv_error *error) PV_MUST_CHECK;
/* The next offset as the last fetch saw it, -1 when unknown. Costs nothing. */
int64_t pv_kafka_consumer_cached_high(struct pv_kafka_consumer *consumer, int32_t partition);

/* Fetches exactly these partitions, each from its offset. */
enum pv_status pv_kafka_consumer_start(struct pv_kafka_consumer *consumer,
                                       const int32_t *partitions, const int64_t *offsets,
                                       size_t count, struct pv_error *error) PV_MUST_CHECK;

/* Goes on from another offset; kept and fetched messages of the partition are dropped. */
enum pv_status pv_kafka_consumer_seek(struct pv_kafka_consumer *consumer, int32_t partition,
                                      int64_t offset, struct pv_error *error) PV_MUST_CHECK;

/* Stops fetching without leaving the group, until the next start. What is kept stays. */
void pv_kafka_consumer_pause(struct pv_kafka_consumer *consumer);

/* Tells Kafka how far the group is, for tools that show lag. Nothing depends on it. */
void pv_kafka_consumer_report(struct pv_kafka_consumer *consumer, const int32_t *partitions,
                              const int64_t *offsets, size_t count, bool wait);

#endif
