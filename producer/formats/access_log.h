/* From a line of a web server's log to a hit. No I/O, no allocation.
 *
 *     common     host ident user [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 123
 *     combined   … "referrer" "user agent"
 *     vcombined  vhost:port in front of combined
 *
 * as Apache and nginx write them. */
#ifndef PRODUCER_FORMATS_ACCESS_LOG_H
#define PRODUCER_FORMATS_ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/formats/line_pattern.h"

enum pv_access_log_kind { PV_ACCESS_LOG_COMBINED, PV_ACCESS_LOG_COMMON, PV_ACCESS_LOG_VCOMBINED };

/* Parses the `length` bytes of a line, at most PV_LOG_FORMAT_LINE_MAX, without its line feed.
 * Returns false when they are not a line of that kind (bad_line), and then leaves `*hit` undefined.
 *
 * The texts of `*hit` point into `line`, or, where a quoted field had a backslash escape, into
 * `*room`: they are good until either changes. */
bool pv_access_log_parse(struct pv_line_room *room, enum pv_access_log_kind kind, const char *line,
                         size_t length, struct pv_hit *hit);

#endif
