/* The ranker's share of time: what worked long rests long. */
#ifndef AGGREGATOR_RANKER_SHARE_H
#define AGGREGATOR_RANKER_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/* The ranker takes at most one part in so many of Redis's time, and of its own for rebuilds. */
#define PV_RANKER_SHARE 20

/* How long to pause after work of `worked_us`, in ms: `at_least_ms`, or longer, so that the work is
 * within its share. */
static inline int64_t pv_share_pause_ms(int64_t worked_us, int64_t at_least_ms)
{
    int64_t pause_ms = (PV_RANKER_SHARE * worked_us + 999) / 1000;

    return pause_ms > at_least_ms ? pause_ms : at_least_ms;
}

/* While a log has much waiting, a ranking is due after so many intervals. */
#define PV_RANKER_CATCH_UP 10

/* Whether a ranking that is due has to wait, `since_ms` after the last one: the logs of
 * `far_behind` partitions have much waiting. */
static inline bool pv_share_holds_back(int64_t since_ms, int64_t interval_ms, int64_t far_behind)
{
    return far_behind > 0 && since_ms < PV_RANKER_CATCH_UP * interval_ms;
}

#endif
