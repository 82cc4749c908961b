/* Waiting for what another thread or process brings about. Include after test_pageview_support.h.
 */
#ifndef WAITING_H
#define WAITING_H

#include <inttypes.h>
#include <time.h>

#include "pageview/clock.h"
#include "pageview/metrics.h"

/* Between two looks at a condition: a short pause. False when the first look was `wait_ms` ago.
 * `*until_ms` is 0 at the first look. */
static inline bool look_again(int64_t *until_ms, int64_t wait_ms)
{
    if (*until_ms == 0)
        *until_ms = pv_monotonic_ms() + wait_ms;
    nanosleep(&(struct timespec){0, 2 * 1000000L}, NULL);
    return pv_monotonic_ms() <= *until_ms;
}

static inline void wait_metric(const pv_metric_value *metric, int64_t at_least, int64_t wait_ms)
{
    int64_t until_ms = 0;

    while (pv_metric_get(metric) < at_least)
        if (!look_again(&until_ms, wait_ms))
            fail_msg("a metric is %" PRId64 ", not %" PRId64, pv_metric_get(metric), at_least);
}

#endif
