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

/* Checks that the counts under `prefix` are of this cluster and schema, or claims them if there
 * are none. PV_INVALID says what to change. */
enum pv_status pv_facts_claim(struct pv_redis *redis, const char *prefix,
                              const struct pv_facts_origin *origin,
                              struct pv_error *error) PV_MUST_CHECK;

/* Next offset of each of `count` partitions, PV_OFFSET_NONE where none is stored. */
enum pv_status pv_facts_read_offsets(struct pv_redis *redis, const char *prefix, const char *topic,
                                     const int32_t *partitions, size_t count, int64_t *offsets,
                                     struct pv_error *error) PV_MUST_CHECK;

#endif
