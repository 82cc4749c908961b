/* The times that a log's lines have in words or numbers. No I/O. */
#ifndef PRODUCER_FORMATS_LOG_TIME_H
#define PRODUCER_FORMATS_LOG_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of the text is a time: as in combined, as ISO 8601 with T or a space, or a number since the
 * epoch. Such a number below 10^11 is seconds, below 10^14 ms, below 10^17 µs, below 10^20 ns:
 * they do not overlap before the year 5138 and after 1973. */
bool pv_time_read_any(const char *text, size_t length, int64_t *ts_ms);

/* The last minute that was parsed, "17/May/2015:10:05" and "+0000", and its start in UTC: the lines
 * of a log come in order, so it is nearly always the next line's too. All zero is a fresh one. */
struct pv_time_cache {
    char minute[17];
    char zone[5];
    bool is_known;
    int64_t minute_ms;
};

/* "17/May/2015:10:05:03 +0000": PV_TIME_CLF_SIZE bytes at `text`. */
#define PV_TIME_CLF_SIZE 26
bool pv_time_read_clf(struct pv_time_cache *cache, const char *text, int64_t *ts_ms);

#endif
