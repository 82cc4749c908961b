/* A JSON object a line: what nginx writes with escape=json, whatever the fields are called, and
 * Caddy's access log. No I/O, no allocation.
 *
 * Not read with cJSON: nginx passes bytes on that are no UTF-8, which a strict parser would refuse,
 * and only a few of the values are wanted. The grammar is RFC 8259's, but for those bytes. Of a
 * name that stands twice the last counts. */
#ifndef PRODUCER_FORMATS_JSON_LOG_H
#define PRODUCER_FORMATS_JSON_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/hit.h"

/* Objects and arrays inside each other, at most; a line with more is none of ours. */
#define PV_JSON_LOG_DEPTH_MAX 32

struct pv_line_room;

/* False when the line is no JSON object or lacks a time, a request or a status; `*hit` is undefined
 * then. `length` is at most PV_LOG_FORMAT_LINE_MAX. Texts of `*hit` live in `line` or `room`. */
bool pv_json_log_parse(struct pv_line_room *room, const char *line, size_t length,
                       struct pv_hit *hit);

#endif
