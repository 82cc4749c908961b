#include "producer/line_to_event.h"

bool pv_reason_is_sent(enum pv_reason reason)
{
    return reason == PV_REASON_NONE || reason == PV_REASON_spider || reason == PV_REASON_automated;
}

/* The line is an event: it is checked, and sent as it is. */
static enum pv_reason pass_event(struct pv_line_to_event *converter, const char *line,
                                 size_t length, int64_t now_ms, struct pv_outgoing *outgoing)
{
    struct pv_event event;

    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (pv_event_json_parse(converter->parser, line, length, now_ms, now_ms, &event) !=
        PV_REASON_NONE)
        return PV_REASON_bad_line;
    if (event.ts_ms < converter->since_ms)
        return PV_REASON_history;
    outgoing->key = event.article;
    outgoing->value = (struct pv_text){line, length};
    outgoing->ts_ms = event.ts_ms;
    return pv_reason_of_agent(event.agent);
}

enum pv_reason pv_line_to_event(struct pv_line_to_event *converter, const char *line, size_t length,
                                int64_t now_ms, struct pv_outgoing *outgoing)
{
    struct pv_event event = {0};
    struct pv_hit hit;
    enum pv_reason reason;

    if (pv_log_format_is_event(converter->format))
        return pass_event(converter, line, length, now_ms, outgoing);
    if (!pv_log_format_parse(converter->format, line, length, &hit))
        return PV_REASON_bad_line;
    if (hit.ts_ms < converter->since_ms)
        return PV_REASON_history;
    reason = pv_policy_apply(converter->policy, &hit, &event);
    if (reason != PV_REASON_NONE)
        return reason;
    pv_buffer_reset(&converter->json);
    pv_event_json_write(&converter->json, &event);
    outgoing->key = event.article;
    outgoing->value = (struct pv_text){converter->json.data, converter->json.length};
    outgoing->ts_ms = event.ts_ms;
    return pv_reason_of_agent(event.agent);
}
