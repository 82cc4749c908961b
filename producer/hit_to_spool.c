#include "producer/hit_to_spool.h"

#include "pageview/event_json.h"
#include "producer/line_to_event.h"

enum pv_reason pv_hit_to_spool_add(struct pv_hit_to_spool *to_spool, const struct pv_hit *hit)
{
    struct pv_event event = {0};
    enum pv_reason reason = pv_policy_apply(to_spool->policy, hit, &event);

    if (reason != PV_REASON_NONE)
        return reason;
    pv_event_json_write(&to_spool->lines, &event);
    pv_buffer_add_char(&to_spool->lines, '\n');
    to_spool->count++;
    return pv_reason_of_agent(event.agent);
}

enum pv_spool_result pv_hit_to_spool_flush(struct pv_hit_to_spool *to_spool)
{
    struct pv_buffer *lines = &to_spool->lines;
    enum pv_spool_result result = PV_SPOOL_OK;

    if (lines->failed)
        result = PV_SPOOL_FULL;
    else if (lines->length > 0)
        result = pv_spool_write(&to_spool->writer, lines->data, lines->length);
    if (lines->failed)
        pv_buffer_clean_up(lines);
    pv_buffer_reset(lines);
    to_spool->count = 0;
    return result;
}

void pv_hit_to_spool_tick(struct pv_hit_to_spool *to_spool)
{
    pv_spool_writer_rest(&to_spool->writer);
    pv_spool_sync_if_due(to_spool->writer.spool);
}

void pv_hit_to_spool_clean_up(struct pv_hit_to_spool *to_spool)
{
    pv_spool_writer_rest(&to_spool->writer);
    pv_buffer_clean_up(&to_spool->lines);
}
