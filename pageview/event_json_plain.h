/* The event as pv_event_json_write writes it, read without a JSON parser: most of what is shipped
 * was written by it, to the spool or to a log of events. */
#ifndef PAGEVIEW_EVENT_JSON_PLAIN_H
#define PAGEVIEW_EVENT_JSON_PLAIN_H

#include <stdbool.h>

#include "pageview/event.h"

/* Reads `length` bytes, at most PV_EVENT_SIZE_MAX, into `*event`, whose texts lie in `text`. True
 * only when they are an event that pv_event_json_parse takes, and the same one: fields in the order
 * in which they are written, no blanks, no escapes, all within their bounds, and not ahead of
 * `now_ms` by more than PV_FUTURE_MS. False says nothing of the text, and leaves `*event` to be
 * filled anew. */
bool pv_event_json_plain(const char *text, size_t length, int64_t now_ms, struct pv_event *event);

#endif
