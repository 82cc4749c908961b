/* Reads a hash of counts from Redis, and says which offsets the counts include.
 *
 * A small hash is read together with the offsets in one transaction. A large one would hold
 * Redis up, so it is read page by page while others write: the offsets are read before and after,
 * and when they moved it is read again. When they moved each time, what was read last is taken,
 * with the offsets from before it: every event below those is in, and some later ones may be.
 *
 * That unmoved offsets mean unmoved counts is the aggregator's promise (docs/redis-schema.md). */
#ifndef DASHBOARD_EXPORT_COUNTS_H
#define DASHBOARD_EXPORT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/offsets.h"
#include "pageview/redis_client.h"

/* Fields up to which a hash is small, fields asked for in a page, and how often a large one is
 * read before it is taken as it is. */
enum { PV_COUNTS_SMALL = 2000, PV_COUNTS_PAGE = 1000, PV_COUNTS_TRIES = 3 };

/* Where counts go. `add` may get a name twice, since HSCAN may: the larger count holds. */
struct pv_counts_target {
    void (*restart)(void *context); /* forget everything: reading starts again */
    enum pv_status (*add)(void *context, const char *name, size_t length, int64_t count,
                          struct pv_error *error);
    void *context;
};

struct pv_reading {
    bool exists; /* false: no such hash; nothing else is set */
    bool exact;  /* the counts are those of the events below `offsets`, and of no others */
    struct pv_offsets offsets;
};

/* Reads the hash `key` into `target`. Fields that are not UTF-8 or hold no count are left out,
 * with a line in the log. Statuses are those of redis_client, PV_UNAVAILABLE too when the program
 * is asked to stop, and what `add` returns. On PV_OK the caller cleans up `*reading`. */
enum pv_status pv_counts_read(struct pv_redis *redis, const char *prefix, const char *key,
                              const struct pv_counts_target *target, struct pv_reading *reading,
                              struct pv_error *error) PV_MUST_CHECK;

/* The two halves of it: how many fields the hash has now, and reading one that has about as many.
 */
enum pv_status pv_counts_size(struct pv_redis *redis, const char *key, int64_t *fields,
                              struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_counts_read_sized(struct pv_redis *redis, const char *prefix, const char *key,
                                    int64_t fields, const struct pv_counts_target *target,
                                    struct pv_reading *reading,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_reading_clean_up(struct pv_reading *reading);

/* Adds a flat array of names and counts, as HGETALL and HSCAN answer, from the hash `key`. */
enum pv_status pv_counts_add_pairs(const struct pv_redis_reply *pairs, const char *key,
                                   const struct pv_counts_target *target,
                                   struct pv_error *error) PV_MUST_CHECK;

#endif
