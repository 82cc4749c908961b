/* Brings lists to Redis: each is replaced at once, and only by what is different.
 *
 * For each list the entries that were published last are kept, with the stamp that Redis has for
 * them. When Redis has another stamp (another ranker wrote the list, Redis was rolled back or
 * emptied) the list is sent in full. Memory: 40 bytes and the article for each entry of each list.
 */
#ifndef AGGREGATOR_RANKER_PUBLISHER_H
#define AGGREGATOR_RANKER_PUBLISHER_H

#include "aggregator/ranker/ranking.h"
#include "pageview/redis_client.h"

struct pv_publisher;

/* `id` makes this process's stamps its own; `redis` and `prefix` must outlive the publisher. */
enum pv_status pv_publisher_new(struct pv_redis *redis, const char *prefix, const char *id,
                                struct pv_publisher **publisher,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_publisher_destroy(struct pv_publisher *publisher);

/* Makes the list in Redis these entries. `section` is NULL for the whole site. Nothing is sent when
 * they are those published last. */
enum pv_status pv_publisher_publish(struct pv_publisher *publisher, const char *list,
                                    const char *section, const struct pv_ranked *entries,
                                    size_t count, struct pv_error *error) PV_MUST_CHECK;

/* Empties the lists in Redis that were never published here: those of sections that are gone. */
enum pv_status pv_publisher_clear_strangers(struct pv_publisher *publisher,
                                            struct pv_error *error) PV_MUST_CHECK;

/* Redis may have lost lists: each is sent in full when it is published next. */
void pv_publisher_forget(struct pv_publisher *publisher);

/* How many lists were sent, ever. */
int64_t pv_publisher_sent(const struct pv_publisher *publisher);

#endif
