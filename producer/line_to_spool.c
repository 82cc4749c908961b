#include "producer/line_to_spool.h"

#include <errno.h>
#include <string.h>

#include "pageview/log.h"
#include "producer/rejects_file.h"

enum pv_status pv_line_to_spool_init(struct pv_line_to_spool *to_spool, const char *format,
                                     const struct pv_policy_options *policy_options,
                                     struct pv_error *error)
{
    struct pv_line_to_event *converter = &to_spool->converter;
    enum pv_status status = pv_log_format_new(format, &converter->format, error);

    if (status == PV_OK)
        status = pv_policy_new(policy_options, &converter->policy, error);
    if (status == PV_OK)
        status = pv_event_parser_new(&converter->parser, error);
    return status;
}

void pv_line_to_spool_clean_up(struct pv_line_to_spool *to_spool)
{
    pv_log_format_destroy(to_spool->converter.format);
    pv_policy_destroy(to_spool->converter.policy);
    pv_event_parser_destroy(to_spool->converter.parser);
    pv_buffer_clean_up(&to_spool->converter.json);
    pv_buffer_clean_up(&to_spool->line);
}

static enum pv_take append(struct pv_line_to_spool *to_spool, struct pv_text event)
{
    enum pv_spool_result result = PV_SPOOL_FULL; /* also when memory is out: it is tried again */

    pv_buffer_reset(&to_spool->line);
    pv_buffer_add(&to_spool->line, event.data, event.length);
    pv_buffer_add_char(&to_spool->line, '\n');
    if (!to_spool->line.failed)
        result = pv_spool_append(to_spool->spool, to_spool->line.data, to_spool->line.length);
    if (result == PV_SPOOL_FAILED)
        pv_log(PV_LOG_ERROR, "spool_not_written", PV_TEXT("error", strerror(errno)),
               PV_TEXT("advice", "see that --spool exists and that this user may write there"));
    return result == PV_SPOOL_OK ? PV_TAKE_DONE : PV_TAKE_FULL;
}

enum pv_take pv_line_to_spool_take(void *context, const char *line, size_t length)
{
    struct pv_line_to_spool *to_spool = context;
    struct pv_outgoing outgoing;
    enum pv_reason reason = pv_line_to_event(&to_spool->converter, line, length,
                                             pv_clock_now_ms(to_spool->clock), &outgoing);

    if (pv_reason_is_sent(reason))
        return append(to_spool, outgoing.value);
    pv_metric_add(&to_spool->metrics->hits, 1);
    pv_metric_add(&to_spool->metrics->filtered[reason], 1);
    if (reason == PV_REASON_bad_line)
        pv_rejects_file_add(to_spool->rejects, line, length, true);
    return PV_TAKE_DONE;
}
