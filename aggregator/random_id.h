/* Names that no other process ever has. */
#ifndef AGGREGATOR_RANDOM_ID_H
#define AGGREGATOR_RANDOM_ID_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "aggregator/ranker/stopwatch.h"

#define PV_RANDOM_ID_SIZE 17

/* 16 random hex digits. */
static inline void pv_random_id(char id[PV_RANDOM_ID_SIZE])
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint64_t)pv_stopwatch_us() << 20 ^ (uint64_t)getpid();
    snprintf(id, PV_RANDOM_ID_SIZE, "%016" PRIx64, random);
}

#endif
