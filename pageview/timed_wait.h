/* Conditions that are waited for by the monotonic clock: a wall clock that is set makes no wait
 * longer or shorter. */
#ifndef PAGEVIEW_TIMED_WAIT_H
#define PAGEVIEW_TIMED_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Returns 0 or an errno. */
int pv_timed_cond_init(pthread_cond_t *condition);

/* `ms` from now, for pthread_cond_timedwait on such a condition. */
struct timespec pv_timed_until(int64_t ms);

#endif
