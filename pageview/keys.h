/* Every Redis key of docs/redis-schema.md is named here and nowhere else. */
#ifndef PAGEVIEW_KEYS_H
#define PAGEVIEW_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/bucket.h"

/* Longest prefix, in bytes. */
#define PV_PREFIX_MAX 64
/* Room for any key without an article in it, and its NUL. */
#define PV_KEY_SIZE 256

/* Keys that only the Redis functions make and read are not here: the hash "caught_up" (when each
 * partition was last found at its end), "new_articles:2026-11-24" (how many new articles each hour
 * of the day brought), and "sketch" (visitors that are being merged, within a call). */

/* Each writes the key under `prefix` and returns its length. */
size_t pv_key_views(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_views_bucket(const char *prefix, enum pv_bucket_size size, int64_t time_ms,
                           char key[PV_KEY_SIZE]);
size_t pv_key_site(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
size_t pv_key_filtered(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
size_t pv_key_totals(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_offsets(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_meta(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_buckets(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_watermarks(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_repeats(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_origins(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_waiting(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_clock(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_sections(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_rankings(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_ranker(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_rebuilder(const char *prefix, char key[PV_KEY_SIZE]);
/* For "also read": visits on their way to who counts co-views, the key of their readers' hashes,
 * who counts, and articles whose lists changed. */
size_t pv_key_visits(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_visits_key(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_also_counter(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_also_changed(const char *prefix, char key[PV_KEY_SIZE]);
/* `section` is NULL for the whole site, and of PV_SECTION_SIZE_MAX bytes at most. */
size_t pv_key_trending(const char *prefix, const char *list, const char *section,
                       char key[PV_KEY_SIZE]);
/* The key without the article that follows: "pv:article:", "pv:also:", "pv:visitors:2026-11-24:".
 */
size_t pv_key_article_stem(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_also_stem(const char *prefix, char key[PV_KEY_SIZE]);
size_t pv_key_visitors_stem(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);
/* Visitors of the site in a minute. */
size_t pv_key_site_visitors(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE]);

/* The prefix of the counts that a rebuild makes beside those of `prefix`. */
size_t pv_key_shadow_prefix(const char *prefix, char key[PV_KEY_SIZE]);

/* Field of the offsets hash: "<topic>/<partition>". Kafka's topic names have 249 bytes at most. */
#define PV_OFFSET_FIELD_SIZE 264
size_t pv_offset_field(const char *topic, int32_t partition, char field[PV_OFFSET_FIELD_SIZE]);

/* Field of the totals hash that holds all views; its other fields are reasons. */
#define PV_TOTALS_VIEWS "views"

/* Fields of the meta hash. */
#define PV_META_SCHEMA           "schema"
#define PV_META_CLUSTER          "cluster_id"
#define PV_META_TOPIC            "topic"
#define PV_META_PARTITIONS       "partitions"
#define PV_META_LAST_COMMIT_MS   "last_commit_ms"   /* wall clock */
#define PV_META_CAUGHT_UP_MS     "caught_up_ms"     /* wall clock */
#define PV_META_LAST_RANKING_MS  "last_ranking_ms"  /* wall clock */
#define PV_META_RANKING_CLOCK_MS "ranking_clock_ms" /* the clock that the lists are of */

/* Field of the clock hash: the clock of --clock=event, ms since the Unix epoch. */
#define PV_CLOCK_NOW "now"

/* Counts the views of new articles when too many came at once. No path is like it. */
#define PV_ARTICLE_OTHER "(other)"

/* Version of the layout of docs/redis-schema.md, in the meta hash. */
#define PV_SCHEMA_VERSION "1"

#endif
