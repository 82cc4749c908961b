/* What a line of a log is: one of the formats with a name, or one given literally as the web
 * server's configuration has it. No I/O.
 *
 *     combined common vcombined       as Apache and nginx write them (access_log.h)
 *     event                           a view event as JSON
 *     json                            a JSON object a line: nginx escape=json, Caddy (json_log.h)
 *     $remote_addr - [$time_local] …  an nginx log_format: it has a $ (nginx_format.h)
 *     %h %l %u %t \"%r\" …            an Apache LogFormat: it has a % (apache_format.h) */
#ifndef PRODUCER_FORMATS_LOG_FORMAT_H
#define PRODUCER_FORMATS_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/status.h"
#include "producer/hit.h"

struct pv_log_format;

/* Makes a parser of lines of the format that `text` names or spells out. PV_INVALID says what is
 * wrong with it, where in it, and what it takes: an unknown name names the nearest known one; a
 * literal one needs a time, a request (or method and path) and a status. For one thread at a time;
 * takes 300 KiB at most. */
enum pv_status pv_log_format_new(const char *text, struct pv_log_format **format,
                                 struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_log_format_destroy(struct pv_log_format *format);

/* True for `event`, whose lines are no hits. */
bool pv_log_format_is_event(const struct pv_log_format *format);

/* False when the line is not of the format (bad_line); `*hit` is undefined then. The line is given
 * without its line feed. Texts of `*hit` live in `line` or in `format` until the next call. */
bool pv_log_format_parse(struct pv_log_format *format, const char *line, size_t length,
                         struct pv_hit *hit);

#endif
