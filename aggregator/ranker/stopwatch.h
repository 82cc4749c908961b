/* Microseconds of the monotonic clock: to measure what a call took. */
#ifndef AGGREGATOR_RANKER_STOPWATCH_H
#define AGGREGATOR_RANKER_STOPWATCH_H

#include <stdint.h>
#include <time.h>

static inline int64_t pv_stopwatch_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
