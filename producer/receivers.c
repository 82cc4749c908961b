#include "producer/receivers.h"

#include <stdlib.h>
#include <unistd.h>

#include "pageview/spool.h"
#include "pageview/stop.h"
#include "producer/http/collector.h"
#include "producer/line_to_spool.h"
#include "producer/stdin/stdin_source.h"
#include "producer/syslog/receiver.h"

struct pv_receivers {
    struct pv_spool *spool;
    struct pv_collector *collector;
    struct pv_line_to_spool syslog_lines, stdin_lines;
    struct pv_syslog *syslog;
    struct pv_stdin *standard_input;
    struct pv_producer_metrics *metrics;
};

static enum pv_status init_lines(struct pv_receivers *receivers, struct pv_line_to_spool *lines,
                                 const char *format, const struct pv_producer_options *options,
                                 const struct pv_policy_options *policy_options,
                                 const struct pv_clock *clock, struct pv_error *error)
{
    lines->spool = receivers->spool;
    lines->clock = clock;
    lines->rejects = options->rejects;
    lines->metrics = receivers->metrics;
    lines->converter.since_ms = options->since_ms;
    return pv_line_to_spool_init(lines, format, policy_options, error);
}

static enum pv_status start_http(struct pv_receivers *receivers,
                                 const struct pv_producer_options *options,
                                 const struct pv_policy_options *policy_options,
                                 const struct pv_clock *clock, struct pv_error *error)
{
    const struct pv_collector_options collector = {
        .address = options->http,
        .allow_hosts = &options->allow_host,
        .trusted_proxies = &options->trusted_proxy,
        .trust_client_time = options->trust_client_time,
    };

    return pv_collector_new(&collector, policy_options, receivers->spool, clock,
                            &receivers->metrics->http, &receivers->collector, error);
}

static enum pv_status start_syslog(struct pv_receivers *receivers,
                                   const struct pv_producer_options *options,
                                   const struct pv_policy_options *policy_options,
                                   const struct pv_clock *clock, struct pv_error *error)
{
    struct pv_line_to_spool *lines = &receivers->syslog_lines;
    enum pv_status status =
        init_lines(receivers, lines, options->format, options, policy_options, clock, error);

    if (status != PV_OK)
        return status;
    return pv_syslog_new(options->syslog, pv_line_to_spool_take, lines, &receivers->metrics->syslog,
                         &receivers->syslog, error);
}

static enum pv_status start_stdin(struct pv_receivers *receivers,
                                  const struct pv_producer_options *options,
                                  const struct pv_policy_options *policy_options,
                                  const struct pv_clock *clock, struct pv_error *error)
{
    struct pv_line_to_spool *lines = &receivers->stdin_lines;
    enum pv_status status =
        init_lines(receivers, lines, options->stdin_format, options, policy_options, clock, error);

    if (status != PV_OK)
        return status;
    return pv_stdin_new(STDIN_FILENO, pv_line_to_spool_take, lines,
                        &receivers->metrics->standard_input, &receivers->standard_input, error);
}

static enum pv_status start(struct pv_receivers *receivers,
                            const struct pv_producer_options *options,
                            const struct pv_policy_options *policy_options,
                            const struct pv_clock *clock, struct pv_error *error)
{
    enum pv_status status =
        pv_spool_open(options->spool, options->spool_max, (enum pv_spool_sync)options->spool_sync,
                      &receivers->spool, error);

    if (status != PV_OK)
        return pv_error_prefix(error, "--spool=%s", options->spool);
    if (options->http != NULL)
        status = start_http(receivers, options, policy_options, clock, error);
    if (status == PV_OK && options->syslog != NULL)
        status = start_syslog(receivers, options, policy_options, clock, error);
    if (status == PV_OK && options->stdin_format != NULL)
        status = start_stdin(receivers, options, policy_options, clock, error);
    return status;
}

enum pv_status pv_receivers_new(const struct pv_producer_options *options,
                                const struct pv_policy_options *policy_options,
                                const struct pv_clock *clock, struct pv_producer_metrics *metrics,
                                struct pv_receivers **receivers, struct pv_error *error)
{
    struct pv_receivers *made = calloc(1, sizeof *made);
    enum pv_status status = PV_OK;

    if (made == NULL)
        return pv_error_nomem(error, "the receivers");
    made->metrics = metrics;
    if (options->spool != NULL)
        status = start(made, options, policy_options, clock, error);
    if (status != PV_OK) {
        pv_receivers_destroy(made);
        return status;
    }
    *receivers = made;
    return PV_OK;
}

void pv_receivers_destroy(struct pv_receivers *receivers)
{
    if (receivers == NULL)
        return;
    pv_collector_destroy(receivers->collector);
    if (receivers->syslog != NULL) {
        pv_syslog_destroy(receivers->syslog);
        pv_syslog_metrics_log(&receivers->metrics->syslog);
    }
    if (receivers->standard_input != NULL && pv_stop_requested())
        pv_stdin_drain(receivers->standard_input);
    pv_stdin_destroy(receivers->standard_input);
    pv_line_to_spool_clean_up(&receivers->syslog_lines);
    pv_line_to_spool_clean_up(&receivers->stdin_lines);
    pv_spool_close(receivers->spool);
    free(receivers);
}

bool pv_receivers_have_ended(const struct pv_receivers *receivers)
{
    return receivers->collector == NULL && receivers->syslog == NULL &&
           (receivers->standard_input == NULL || pv_stdin_at_end(receivers->standard_input));
}
