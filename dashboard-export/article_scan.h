/* Reads from Redis which articles have changed. */
#ifndef DASHBOARD_EXPORT_ARTICLE_SCAN_H
#define DASHBOARD_EXPORT_ARTICLE_SCAN_H

#include "dashboard-export/article_changes.h"
#include "pageview/redis_client.h"

/* Begins a round of `changes` at `clock_ms`, by the clock that views are counted by, and reads
 * until its list is full or nothing is left. Hashes are read in pages of PV_COUNTS_PAGE fields, so
 * Redis is held for about a millisecond at a time. Statuses are those of redis_client;
 * PV_UNAVAILABLE too when the program is asked to stop. What was read before a failure stays. */
enum pv_status pv_article_scan(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                               struct pv_changes *changes, struct pv_error *error) PV_MUST_CHECK;

#endif
