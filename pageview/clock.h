/* Time comes in through a clock, so that logic is tested without waiting. */
#ifndef PAGEVIEW_CLOCK_H
#define PAGEVIEW_CLOCK_H

#include <stdint.h>

struct pv_clock {
    int64_t (*now_ms)(void *context); /* ms since the Unix epoch, UTC */
    void *context;
};

/* The machine's wall clock. */
extern const struct pv_clock pv_wall_clock;

static inline int64_t pv_clock_now_ms(const struct pv_clock *clock)
{
    return clock->now_ms(clock->context);
}

/* Milliseconds of the monotonic clock: for intervals and back-off, never for data. */
int64_t pv_monotonic_ms(void);

#endif
