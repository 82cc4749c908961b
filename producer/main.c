#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pageview/log.h"
#include "pageview/program.h"
#include "producer/policy.h"
#include "producer/shipper.h"

static bool is_ready(void *context)
{
    return pv_metric_get(&((const struct pv_producer_metrics *)context)->kafka_up) == 1;
}

static enum pv_status run(const struct pv_producer_options *options, struct pv_error *error)
{
    static struct pv_producer_metrics metrics;
    struct pv_metric rows[PV_PRODUCER_METRIC_ROWS];
    struct pv_metrics_source source = {rows, pv_producer_metrics_table(&metrics, rows), is_ready,
                                       &metrics};
    struct pv_metrics_server *server;
    enum pv_status status = pv_metrics_server_new(options->common.metrics, &source, &server, error);

    if (status != PV_OK)
        return status;
    status = pv_shipper_run(options, &pv_wall_clock, &metrics, error);
    if (status == PV_OK)
        pv_producer_metrics_log(&metrics);
    pv_metrics_server_destroy(server);
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
        strlen(options->instance) > 200 ||
        strspn(options->instance, plain) != strlen(options->instance))
        return pv_error_set(error, PV_INVALID,
                            "--instance=%s: takes 1 to 200 letters, digits, . _ or -",
                            options->instance);
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
    const struct pv_policy_options policy_options = {options->article_pattern, &options->keep_param,
                                                     options->spiders};
    struct pv_policy *policy;
    enum pv_status status = pv_policy_new(&policy_options, &policy, error);

    if (status == PV_OK)
        pv_policy_destroy(policy);
    return status;
}

static enum pv_status check(void *context, struct pv_error *error)
{
    struct pv_producer_options *options = context;
    enum pv_status status;

    options->kafka.properties = &options->common.kafka_properties;
    if (options->tail.count == 0)
        return pv_error_set(error, PV_INVALID,
                            "nothing to read: name a log with --tail=/var/log/nginx/access.log");
    for (size_t i = 0; i < options->tail.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(options->tail.items[i], options->tail.items[j]) == 0)
                return pv_error_set(error, PV_INVALID,
                                    "--tail=%s is given twice: each line would be counted twice",
                                    options->tail.items[i]);
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
