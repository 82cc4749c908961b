#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pageview/log.h"
#include "pageview/program.h"
#include "pageview/stop.h"
#include "producer/formats/log_format.h"
#include "producer/policy.h"
#include "producer/receivers.h"
#include "producer/salts.h"
#include "producer/shipper.h"
#include "producer/since.h"
#include "producer/state_dir.h"

static struct pv_policy_options policy_options_of(const struct pv_producer_options *options)
{
    return (struct pv_policy_options){
        .article_pattern = options->article_pattern,
        .keep_params = &options->keep_param,
        .spiders_path = options->spiders,
        .sites = &options->site,
        .ignore_consent = options->ignore_consent,
    };
}

static bool is_ready(void *context)
{
    const struct pv_producer_metrics *metrics = context;

    return pv_metric_get(&metrics->kafka_up) == 1 || pv_metric_get(&metrics->only_receives) == 1;
}

static bool is_end_near(void *context)
{
    return pv_receivers_have_ended(context);
}

/* Without shipping there is nothing to do but to let the receivers work. */
static void wait_for_end(struct pv_receivers *receivers, struct pv_salts *salts,
                         struct pv_producer_metrics *metrics)
{
    enum { LOOK_MS = 50 };

    pv_metric_set(&metrics->only_receives, 1);
    while (!pv_stop_requested() && !pv_receivers_have_ended(receivers)) {
        pv_salts_expire(salts);
        pv_stop_wait_ms(LOOK_MS);
    }
}

static enum pv_status receive_and_ship(const struct pv_producer_options *options,
                                       const struct pv_policy_options *policy_options,
                                       struct pv_producer_metrics *metrics, struct pv_error *error)
{
    struct pv_receivers *receivers;
    struct pv_shipper_end end = {is_end_near, NULL};
    enum pv_status status =
        pv_receivers_new(options, policy_options, &pv_wall_clock, metrics, &receivers, error);

    if (status != PV_OK)
        return status;
    end.context = receivers;
    if (options->ship)
        status = pv_shipper_run(options, policy_options, &pv_wall_clock, &end, metrics, error);
    else
        wait_for_end(receivers, policy_options->salts, metrics);
    pv_receivers_destroy(receivers);
    return status;
}

static enum pv_status run(const struct pv_producer_options *options, struct pv_error *error)
{
    static struct pv_producer_metrics metrics;
    struct pv_metric rows[PV_PRODUCER_METRIC_ROWS];
    struct pv_metrics_source source = {
        rows, pv_producer_metrics_table(&metrics, options->ship, rows), is_ready, &metrics};
    struct pv_policy_options policy_options = policy_options_of(options);
    struct pv_metrics_server *server;
    enum pv_status status = pv_state_dir_prepare(options->state_dir, options->instance, error);

    if (status == PV_OK && options->visitors)
        status = pv_salts_open(options->state_dir, &pv_wall_clock, &policy_options.salts, error);
    if (status != PV_OK)
        return status;
    status = pv_metrics_server_new(options->common.metrics, &source, &server, error);
    if (status == PV_OK) {
        status = receive_and_ship(options, &policy_options, &metrics, error);
        if (status == PV_OK)
            pv_producer_metrics_log(&metrics);
        pv_metrics_server_destroy(server);
    }
    pv_salts_destroy(policy_options.salts);
    return status;
}

/* The instance names files, groups and a transaction: a plain word. */
static enum pv_status check_instance(struct pv_producer_options *options, struct pv_error *error)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char host[256] = "";

    if (options->instance == NULL) {
        gethostname(host, sizeof host - 1);
        options->instance = strdup(host);
        if (options->instance == NULL)
            return pv_error_nomem(error, "options");
    }
    if (options->instance[0] == '\0' || options->instance[0] == '.' ||
        strlen(options->instance) > PV_INSTANCE_MAX ||
        strspn(options->instance, plain) != strlen(options->instance))
        return pv_error_set(error, PV_INVALID,
                            "--instance=%s: takes 1 to %d letters, digits, . _ or -",
                            options->instance, PV_INSTANCE_MAX);
    return PV_OK;
}

/* share/pageviews/spiders.txt, relative to the bin/ that the program is in. */
static enum pv_status find_spiders(struct pv_producer_options *options, struct pv_error *error)
{
    static const char from_bin[] = "../share/pageviews/spiders.txt";
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof from_bin);

    if (options->spiders != NULL)
        return PV_OK;
    while (length > 0 && path[length - 1] != '/')
        length--;
    if (length <= 0)
        return pv_error_set(error, PV_INVALID, "name the robots' patterns with --spiders=FILE");
    memcpy(path + length, from_bin, sizeof from_bin);
    options->spiders = strdup(path);
    return options->spiders != NULL ? PV_OK : pv_error_nomem(error, "options");
}

static enum pv_status check_policy(const struct pv_producer_options *options,
                                   struct pv_error *error)
{
    const struct pv_policy_options policy_options = policy_options_of(options);
    struct pv_policy *policy;
    enum pv_status status = pv_policy_new(&policy_options, &policy, error);

    if (status == PV_OK)
        pv_policy_destroy(policy);
    return status;
}

/* --format and --stdin. */
static enum pv_status check_format(const char *option, const char *text, struct pv_error *error)
{
    struct pv_log_format *format;

    if (text == NULL)
        return PV_OK;
    if (pv_log_format_new(text, &format, error) != PV_OK)
        return pv_error_prefix(error, "--%s", option);
    pv_log_format_destroy(format);
    return PV_OK;
}

/* A path is a part of its position's name: one that is cut would be another's too. */
static enum pv_status check_tails(const struct pv_list *tails, struct pv_error *error)
{
    for (size_t i = 0; i < tails->count; i++) {
        if (strlen(tails->items[i]) >= PATH_MAX)
            return pv_error_set(error, PV_INVALID,
                                "--tail=%.100s... is too long: a path has %d bytes at most",
                                tails->items[i], PATH_MAX - 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(tails->items[i], tails->items[j]) == 0)
                return pv_error_set(error, PV_INVALID,
                                    "--tail=%s is given twice: each line would be counted twice",
                                    tails->items[i]);
    }
    return PV_OK;
}

/* What the lines are read from, and where they go. */
static enum pv_status check_sources(const struct pv_producer_options *options,
                                    struct pv_error *error)
{
    bool receives =
        options->http != NULL || options->syslog != NULL || options->stdin_format != NULL;

    if (options->tail.count == 0 && options->spool == NULL && !receives)
        return pv_error_set(error, PV_INVALID,
                            "nothing to read: name a log with --tail=/var/log/nginx/access.log");
    if (receives && options->spool == NULL)
        return pv_error_set(error, PV_INVALID,
                            "%s needs a place on disk for what it takes: name one with "
                            "--spool=/var/lib/pageviews/spool",
                            options->http != NULL     ? "--http"
                            : options->syslog != NULL ? "--syslog"
                                                      : "--stdin");
    if (!options->ship && (!receives || options->tail.count > 0))
        return pv_error_set(error, PV_INVALID,
                            "--ship=off goes with --http, --syslog or --stdin, and without --tail");
    return check_tails(&options->tail, error);
}

static enum pv_status check_since(struct pv_producer_options *options, struct pv_error *error)
{
    if (options->since == NULL ||
        pv_since_parse(options->since, pv_clock_now_ms(&pv_wall_clock), &options->since_ms))
        return PV_OK;
    return pv_error_set(error, PV_INVALID,
                        "--since=%s: takes 2026-11-24, 2026-11-24T13:05:00Z, or an age such as 2h",
                        options->since);
}

static enum pv_status check(void *context, struct pv_error *error)
{
    struct pv_producer_options *options = context;
    enum pv_status status;

    options->kafka.properties = &options->common.kafka_properties;
    if (options->stdin_format != NULL && options->tail.count == 0 && options->http == NULL &&
        options->syslog == NULL)
        options->exit_at_end = true; /* a program in a pipe ends with its input */
    status = check_sources(options, error);
    if (status == PV_OK)
        status = check_format("format", options->format, error);
    if (status == PV_OK)
        status = check_format("stdin", options->stdin_format, error);
    if (status == PV_OK)
        status = check_since(options, error);
    if (status == PV_OK)
        status = check_instance(options, error);
    if (status == PV_OK)
        status = find_spiders(options, error);
    if (status == PV_OK)
        status = check_policy(options, error);
    if (status == PV_OK)
        status = pv_kafka_options_check(&options->kafka, error);
    return status;
}

static enum pv_status start(void *options, struct pv_error *error)
{
    return run(options, error);
}

int main(int argc, char **argv)
{
    struct pv_producer_options options = {0};

    return pv_program_main(&pv_producer_program, argc, argv, &options, check, start);
}
