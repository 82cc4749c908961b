/* Where in time a view is counted: its UTC day, hour and minute.
 *
 * Civil dates are computed from day numbers by Howard Hinnant's algorithms
 * (chrono-Compatible Low-Level Date Algorithms): proleptic Gregorian, no tables, no locale. */
#ifndef PAGEVIEW_BUCKET_H
#define PAGEVIEW_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pv_bucket_size { PV_BUCKET_MINUTE, PV_BUCKET_HOUR, PV_BUCKET_DAY, PV_BUCKET_SIZES };

#define PV_MINUTE_MS INT64_C(60000)
#define PV_HOUR_MS   INT64_C(3600000)
#define PV_DAY_MS    INT64_C(86400000)

/* Times of events lie in [0, PV_TIME_LIMIT_MS): 1970 to the year 5138. */
#define PV_TIME_LIMIT_MS INT64_C(100000000000000)

/* Longest name, "2026-11-24T13:05", and its NUL. */
#define PV_BUCKET_NAME_SIZE 17

/* Length of a bucket in ms. */
int64_t pv_bucket_length_ms(enum pv_bucket_size size);

/* Start in ms of the bucket that holds `time_ms` (>= 0). */
int64_t pv_bucket_start_ms(enum pv_bucket_size size, int64_t time_ms);

/* Writes "2026-11-24", "2026-11-24T13" or "2026-11-24T13:05" and returns its length. */
size_t pv_bucket_name(enum pv_bucket_size size, int64_t time_ms, char name[PV_BUCKET_NAME_SIZE]);

/* Days since 1970-01-01 of a civil date; month 1–12, day 1–31. */
int64_t pv_days_from_civil(int64_t year, unsigned month, unsigned day);

/* Writes "2026-11-24T13:05:07Z" (20 characters). */
#define PV_TIME_TEXT_SIZE 21
void pv_time_text(int64_t time_ms, char text[PV_TIME_TEXT_SIZE]);

#endif
