/* Brings lists to Redis: each is replaced at once, and only by what is different.
 *
 * For each list the entries that were published last are kept, with the stamp that Redis has for
 * them. When Redis has another stamp (another ranker wrote the list, Redis was rolled back or
 * emptied, a call was lost) the list is sent in full. Calls are pipelined: a publisher owns the
 * connection from the first pv_publisher_publish to pv_publisher_flush.
 * Memory: 24 bytes and the article for each entry of each list. */
#ifndef AGGREGATOR_RANKER_PUBLISHER_H
#define AGGREGATOR_RANKER_PUBLISHER_H

#include "aggregator/ranker/ranking.h"
#include "pageview/redis_client.h"

struct pv_publisher;

/* `id` makes this publisher's stamps its own: no other ever made may have it. `redis` and `prefix`
 * must outlive the publisher. */
enum pv_status pv_publisher_new(struct pv_redis *redis, const char *prefix, const char *id,
                                struct pv_publisher **publisher,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_publisher_destroy(struct pv_publisher *publisher);

/* Makes the list in Redis these entries, at the latest with pv_publisher_flush. `section` is NULL
 * for the whole site. Nothing is sent when they are those published last, nor for an empty list
 * that was not published before: what others left there is for pv_publisher_clear_strangers.
 * After a failure of this or of the functions below the connection is closed, and what is published
 * again comes out right. */
enum pv_status pv_publisher_publish(struct pv_publisher *publisher, const char *list,
                                    const char *section, const struct pv_ranked *entries,
                                    size_t count, struct pv_error *error) PV_MUST_CHECK;

/* Waits until Redis has taken all that was published. */
enum pv_status pv_publisher_flush(struct pv_publisher *publisher,
                                  struct pv_error *error) PV_MUST_CHECK;

/* Redis may have lost lists, or there may be fewer than before. Each that is published after this
 * is compared by its stamp, even when it is the same as before. */
void pv_publisher_doubt(struct pv_publisher *publisher);

/* Flushes, and empties all lists in Redis that were not published since pv_publisher_doubt: those
 * of sections that are gone. Lists that were never doubted are left out. */
enum pv_status pv_publisher_clear_strangers(struct pv_publisher *publisher,
                                            struct pv_error *error) PV_MUST_CHECK;

/* How many lists were sent, and how long their answers were waited for, ever. */
int64_t pv_publisher_sent(const struct pv_publisher *publisher);
int64_t pv_publisher_waited_us(const struct pv_publisher *publisher);

#endif
