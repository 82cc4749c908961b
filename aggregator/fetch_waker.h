/* A thread that keeps librdkafka before 2.2 fetching.
 *
 * When the queue of fetched messages is over its threshold, that librdkafka's broker threads go to
 * sleep until they have something else to do, for up to a second, while a fast consumer empties
 * the queue in milliseconds. Any request to the broker wakes its thread. This one asks for the
 * bounds of one partition after the other's log, a few bytes each way, as long as messages flow.
 * From 2.2 on fetch.queue.backoff.ms does the same without requests. */
#ifndef AGGREGATOR_FETCH_WAKER_H
#define AGGREGATOR_FETCH_WAKER_H

#include <librdkafka/rdkafka.h>

#include "pageview/status.h"

struct pv_fetch_waker;

/* `client` and `topic` must outlive it. */
enum pv_status pv_fetch_waker_new(rd_kafka_t *client, const char *topic,
                                  struct pv_fetch_waker **waker,
                                  struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_fetch_waker_destroy(struct pv_fetch_waker *waker);

/* Messages of `partition` were taken from the queue: keep its broker awake for a moment. */
void pv_fetch_waker_touch(struct pv_fetch_waker *waker, int32_t partition);

#endif
