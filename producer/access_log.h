/* From a line of a web server's log to a hit. No I/O, no allocation.
 *
 *     common     host ident user [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 123
 *     combined   … "referrer" "user agent"
 *     vcombined  vhost:port in front of combined
 *
 * as Apache and nginx write them. */
#ifndef PRODUCER_ACCESS_LOG_H
#define PRODUCER_ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/hit.h"

/* In the order of the choices of --format. */
enum pv_log_format { PV_LOG_COMBINED, PV_LOG_COMMON, PV_LOG_VCOMBINED, PV_LOG_EVENT };

/* Longest line, in bytes, without its line feed. */
#define PV_ACCESS_LOG_LINE_MAX ((size_t)65536)

/* What one parser keeps between lines; all zero is a fresh one. For one thread at a time. */
struct pv_access_log {
    /* The last minute that was parsed, "17/May/2015:10:05" and "+0000", and its start in UTC:
     * the lines of a log come in order, so it is nearly always the next line's too. */
    char minute[17];
    char zone[5];
    bool minute_is_known;
    int64_t minute_ms;
    /* Where quoted fields with backslash escapes are undone. */
    char unescaped[PV_ACCESS_LOG_LINE_MAX];
};

/* Parses the `length` bytes of a line without its line feed (a trailing \r is dropped). Returns
 * false when they are not a line of `format` (bad_line), and then leaves `*hit` undefined;
 * always false for PV_LOG_EVENT, whose lines are events already.
 *
 * The texts of `*hit` point into `line`, or, where a quoted field had a backslash escape, into
 * `*scratch`: they are good until either changes. */
bool pv_access_log_parse(struct pv_access_log *scratch, enum pv_log_format format, const char *line,
                         size_t length, struct pv_hit *hit);

#endif
