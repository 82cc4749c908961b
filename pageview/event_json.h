/* The view event as JSON. cJSON lives behind this and nowhere else. */
#ifndef PAGEVIEW_EVENT_JSON_H
#define PAGEVIEW_EVENT_JSON_H

#include "pageview/buffer.h"
#include "pageview/event.h"
#include "pageview/reason.h"
#include "pageview/status.h"

/* Scratch memory of one thread's parsing; its size is fixed (about 400 KiB). */
struct pv_event_parser;

enum pv_status pv_event_parser_new(struct pv_event_parser **parser,
                                   struct pv_error *error) PV_MUST_CHECK;
void pv_event_parser_destroy(struct pv_event_parser *parser);

/* Parses and validates `length` bytes at `value` (NULL for a tombstone).
 *
 * `message_ts_ms` stands in for an absent `ts`; negative: there is none.
 * `now_ms` decides what is `future`.
 *
 * Returns PV_REASON_NONE with `*event` filled, or the first rule that is broken. The texts of
 * `*event` belong to `parser` and live until its next use. */
enum pv_reason pv_event_json_parse(struct pv_event_parser *parser, const char *value, size_t length,
                                   int64_t message_ts_ms, int64_t now_ms, struct pv_event *event);

/* Appends the event as one JSON object. The article must be valid UTF-8. */
void pv_event_json_write(struct pv_buffer *buffer, const struct pv_event *event);

/* Appends `text` (valid UTF-8) as a JSON string with its quotes. */
void pv_json_string_write(struct pv_buffer *buffer, const char *text, size_t length);

#endif
