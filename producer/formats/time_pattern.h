/* The times that logs have, by patterns like strftime's. No I/O.
 *
 *     %d %e   day of the month            %H %M %S  hour, minute, second
 *     %b %h   Jan … Dec                   %T        %H:%M:%S
 *     %m      month as a number           %R        %H:%M
 *     %Y      year, four digits           %F        %Y-%m-%d
 *     %z      +0545, +05:45 or Z          %%        a percent sign
 *     %s      seconds since the epoch
 *
 * and of our own, for what web servers have beside strftime: %Q ms and %U µs since the epoch,
 * %L and %f three and six digits behind the seconds, %N a point and any number of digits, or
 * nothing. */
#ifndef PRODUCER_FORMATS_TIME_PATTERN_H
#define PRODUCER_FORMATS_TIME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

/* "17/May/2015:10:05:03 +0000", and ISO 8601. */
#define PV_TIME_CLF "%d/%b/%Y:%H:%M:%S %z"
#define PV_TIME_ISO "%Y-%m-%dT%H:%M:%S%N%z"

enum pv_time_part {
    PV_TIME_YEAR,
    PV_TIME_MONTH,
    PV_TIME_DAY,
    PV_TIME_HOUR,
    PV_TIME_MINUTE,
    PV_TIME_SECOND,
    PV_TIME_ZONE,     /* minutes ahead of UTC */
    PV_TIME_FRACTION, /* ms behind the second */
    PV_TIME_EPOCH,    /* ms since the epoch; beats all others but the fraction */
    PV_TIME_PARTS
};

/* All zero knows nothing yet. */
struct pv_time_parts {
    int64_t part[PV_TIME_PARTS];
    bool has_epoch;
    bool epoch_has_ms; /* then PV_TIME_FRACTION says nothing new */
};

/* Fills `*parts` from the beginning of at..end by the pattern, and gives the end of what it took;
 * NULL when that is not of the pattern. */
const char *pv_time_read(const char *pattern, size_t length, const char *at, const char *end,
                         struct pv_time_parts *parts);

/* ms since the epoch; false when the parts are no time or one outside of [0, PV_TIME_LIMIT_MS). */
bool pv_time_compose(const struct pv_time_parts *parts, int64_t *ts_ms);

/* The bits (1 << enum pv_time_part) that a server's strftime pattern fills, added to `*bits`.
 * PV_INVALID names a conversion that is not in the table above. */
enum pv_status pv_time_pattern_check(const char *pattern, size_t length, unsigned *bits,
                                     struct pv_error *error) PV_MUST_CHECK;

/* As pv_time_pattern_check, for patterns of ours: %Q and the like may be in it. */
unsigned pv_time_pattern_bits(const char *pattern, size_t length);

/* What `bits` need yet to be a time, as it would be written ("%z"); NULL: nothing. */
const char *pv_time_missing(unsigned bits);

#endif
