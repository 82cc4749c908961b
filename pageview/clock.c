#include "pageview/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_clock_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t wall_now_ms(void *context)
{
    (void)context;
    return read_clock_ms(CLOCK_REALTIME);
}

const struct pv_clock pv_wall_clock = {wall_now_ms, NULL};

int64_t pv_monotonic_ms(void)
{
    return read_clock_ms(CLOCK_MONOTONIC);
}
