/* A redis-server of the test's own, with the aggregator's function library. */
#ifndef REAL_REDIS_H
#define REAL_REDIS_H

#include "real_redis_server.h"

#include "aggregator/facts.h"

static inline int real_redis_start(void **state)
{
    if (real_redis_server_start(state) != 0)
        return -1;
    return pv_facts_load_library(redis, &error) == PV_OK ? 0 : -1;
}

static inline int real_redis_stop(void **state)
{
    return real_redis_server_stop(state);
}

#endif
