/* Counts for the ranker, from Redis: hashes in pages, so that no command holds Redis for long. */
#ifndef AGGREGATOR_RANKER_REDIS_SOURCE_H
#define AGGREGATOR_RANKER_REDIS_SOURCE_H

#include "aggregator/ranker/count_source.h"
#include "pageview/redis_client.h"

/* Fields in an answer of HSCAN, and in a call of HMGET: under a millisecond of Redis's time. */
#define PV_SOURCE_PAGE 1000

struct pv_redis_source {
    struct pv_redis *redis;
    const char *prefix;
    /* Called before each page, since reading all can take long; a failure ends the read with it.
     * NULL: nothing is called. */
    enum pv_status (*before_page)(void *context, struct pv_error *error);
    void *context;
    /* From each question to its answer, since it was last set to 0. It is no less than what Redis
     * worked: the page before is taken meanwhile. */
    int64_t waited_us;
    int64_t sent_us; /* its own */
};

/* The source; `source` must outlive it. */
struct pv_count_source pv_redis_count_source(struct pv_redis_source *source);

#endif
