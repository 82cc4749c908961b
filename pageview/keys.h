/* Every Redis key of docs/redis-schema.md is named here and nowhere else. */
#ifndef PAGEVIEW_KEYS_H
#define PAGEVIEW_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/bucket.h"

/* Longest prefix, in bytes. */
#define PV_PREFIX_MAX 64
/* Room for any key without an article in it, and its NUL. */
#define PV_KEY_SIZE 128

/* Each writes the key under `prefix` and returns its length. */
size_t pv_key_views(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_views_bucket(const char *prefix, enum pv_bucket_size size, int64_t time_ms,
                           char key[PV_KEY_SIZE]);
size_t pv_key_site(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
size_t pv_key_filtered(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
size_t pv_key_totals(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_offsets(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_meta(const char *prefix, char key[PV_KEY_SIZE]);

/* Field of the offsets hash: "<topic>/<partition>". Kafka's topic names have 249 bytes at most. */
#define PV_OFFSET_FIELD_SIZE 264
size_t pv_offset_field(const char *topic, int32_t partition, char field[PV_OFFSET_FIELD_SIZE]);

/* Field of the totals hash that holds all views; its other fields are reasons. */
#define PV_TOTALS_VIEWS "views"

/* Fields of the meta hash. */
#define PV_META_SCHEMA         "schema"
#define PV_META_CLUSTER        "cluster_id"
#define PV_META_TOPIC          "topic"
#define PV_META_PARTITIONS     "partitions"
#define PV_META_LAST_COMMIT_MS "last_commit_ms"

/* Version of the layout of docs/redis-schema.md, in the meta hash. */
#define PV_SCHEMA_VERSION "1"

#endif
