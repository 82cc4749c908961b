/* The facts in Redis as a whole: is this a server that can keep them, whose are they, and how far
 * do they go? */
#ifndef AGGREGATOR_FACTS_H
#define AGGREGATOR_FACTS_H

#include "pageview/redis_client.h"

/* Whose events are counted. */
struct pv_facts_origin {
    const char *cluster_id; /* NULL: unknown, not compared */
    const char *topic;
    int32_t partitions;
};

/* Loads the function library unless Redis has this version or a newer one. */
enum pv_status pv_facts_load_library(struct pv_redis *redis, struct pv_error *error) PV_MUST_CHECK;

/* Checks that the server can keep counts (version 7.0 or newer, noeviction), and loads the
 * library. PV_INVALID says what to change. */
enum pv_status pv_facts_check_server(struct pv_redis *redis, struct pv_error *error) PV_MUST_CHECK;

/* Checks that the counts under `prefix` are of this cluster, topic and schema, or claims them if
 * there are none. PV_INVALID says what to change. */
enum pv_status pv_facts_claim(struct pv_redis *redis, const char *prefix,
                              const struct pv_facts_origin *origin,
                              struct pv_error *error) PV_MUST_CHECK;

/* Where the counts of a partition stand; PV_OFFSET_NONE for what is not stored. */
struct pv_facts_place {
    int64_t next;         /* offset behind what is counted */
    int64_t origin;       /* first offset that was counted */
    int64_t repeats_from; /* offset from which the memory of repeats is read again */
    int64_t watermark_ms; /* highest time of a valid event, -1: none */
};

/* Places of `count` partitions. */
enum pv_status pv_facts_read_places(struct pv_redis *redis, const char *prefix, const char *topic,
                                    const int32_t *partitions, size_t count,
                                    struct pv_facts_place *places,
                                    struct pv_error *error) PV_MUST_CHECK;

/* Lets Redis expire the buckets by the wall clock that were counted by the clock of events. */
enum pv_status pv_facts_adopt_buckets(struct pv_redis *redis, const char *prefix,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Removes all buckets whose time is over by the clock of events. */
enum pv_status pv_facts_sweep_buckets(struct pv_redis *redis, const char *prefix,
                                      struct pv_error *error) PV_MUST_CHECK;

#endif
