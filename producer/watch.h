/* Waiting for something to be written: inotify on directories, and a look every PV_WATCH_POLL_MS
 * where there is no inotify. Even with it there is a look every PV_WATCH_SLOW_MS, since it does not
 * tell what another machine writes to a shared file system. */
#ifndef PRODUCER_WATCH_H
#define PRODUCER_WATCH_H

#include <stdint.h>

#include "pageview/status.h"

#define PV_WATCH_POLL_MS 50
#define PV_WATCH_SLOW_MS 1000

struct pv_watch;

enum pv_status pv_watch_new(struct pv_watch **watch, struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_watch_destroy(struct pv_watch *watch);

/* Watches the directory that `path` is in, or is. May be called again: a directory that is not
 * there has no watch until then. One that cannot be watched has everything looked at more often. */
void pv_watch_add(struct pv_watch *watch, const char *path);

/* Waits until something was written to a watched directory, a stop is asked for, it is time for a
 * look, or `max_ms` passed. What is written within `gather_ms` of the first wakes it once; `max_ms`
 * holds for both together. */
void pv_watch_wait(struct pv_watch *watch, int64_t max_ms, int64_t gather_ms);

#endif
