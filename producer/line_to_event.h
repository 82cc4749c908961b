/* From a line of a log to what is sent to Kafka: parse, policy, JSON. No I/O. */
#ifndef PRODUCER_LINE_TO_EVENT_H
#define PRODUCER_LINE_TO_EVENT_H

#include "pageview/buffer.h"
#include "pageview/event_json.h"
#include "producer/formats/log_format.h"
#include "producer/policy.h"

struct pv_line_to_event {
    struct pv_log_format *format; /* of its lines; whoever made it destroys it */
    struct pv_policy *policy;
    struct pv_event_parser *parser; /* of lines that are events already */
    int64_t since_ms;               /* what is older is history; 0: nothing is */
    struct pv_buffer json;
};

/* What to send for a line. */
struct pv_outgoing {
    struct pv_text key, value; /* good until the next line */
    int64_t ts_ms;
};

/* Returns PV_REASON_NONE (a view) or PV_REASON_spider or PV_REASON_automated with `*outgoing`
 * filled: these are sent. Any other reason: nothing is. */
enum pv_reason pv_line_to_event(struct pv_line_to_event *converter, const char *line, size_t length,
                                int64_t now_ms, struct pv_outgoing *outgoing);

/* True when lines of this reason are sent. */
bool pv_reason_is_sent(enum pv_reason reason);

#endif
