/* Runs the HTTP collector alone, without Kafka, until it is told to end (SIGTERM):
 *
 *     pv-http-collector --http=ADDR:PORT --spool=DIR --spiders=FILE [--spool-max=BYTES]
 *                       [--allow-host=HOST]… [--trusted-proxy=CIDR]… [--trust-client-time]
 *                       [--max-connections=N] [--max-connections-per-address=N]
 *                       [--idle-timeout=MS] [--total-timeout=MS]
 *
 * At its end it prints what it has counted, a line a count. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/http/collector.h"

enum { ITEMS_MAX = 16 };

struct arguments {
    struct pv_collector_options collector;
    struct pv_policy_options policy;
    struct pv_list allow_hosts, trusted_proxies;
    const char *allow_items[ITEMS_MAX], *proxy_items[ITEMS_MAX];
    const char *spool;
    int64_t spool_max;
};

static void append(struct pv_list *list, const char *item)
{
    if (list->count < ITEMS_MAX)
        list->items[list->count++] = item;
}

/* What follows "--name=" when the argument is of that name. */
static const char *value_of(const char *argument, const char *name)
{
    size_t length = strlen(name);

    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                           : NULL;
}

static bool read_number(struct arguments *arguments, const char *argument)
{
    const struct {
        const char *name;
        int64_t *value;
    } numbers[] = {
        {"--spool-max", &arguments->spool_max},
        {"--max-connections", &arguments->collector.max_connections},
        {"--max-connections-per-address", &arguments->collector.max_connections_per_address},
        {"--idle-timeout", &arguments->collector.idle_timeout_ms},
        {"--total-timeout", &arguments->collector.total_timeout_ms},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *value = value_of(argument, numbers[i].name);

        if (value == NULL)
            continue;
        *numbers[i].value = strtoll(value, NULL, 10);
        return true;
    }
    return false;
}

static bool read_argument(struct arguments *arguments, const char *argument)
{
    const char *value;

    if ((value = value_of(argument, "--http")) != NULL)
        arguments->collector.address = value;
    else if ((value = value_of(argument, "--spool")) != NULL)
        arguments->spool = value;
    else if ((value = value_of(argument, "--spiders")) != NULL)
        arguments->policy.spiders_path = value;
    else if ((value = value_of(argument, "--allow-host")) != NULL)
        append(&arguments->allow_hosts, value);
    else if ((value = value_of(argument, "--trusted-proxy")) != NULL)
        append(&arguments->trusted_proxies, value);
    else if (strcmp(argument, "--trust-client-time") == 0)
        arguments->collector.trust_client_time = true;
    else
        return read_number(arguments, argument);
    return true;
}

static void print_metrics(const struct pv_collector_metrics *metrics)
{
    for (int class = 1; class <= 5; class ++)
        printf("requests_%dxx %" PRId64 "\n", class, pv_metric_get(&metrics->requests[class - 1]));
    printf("accepted %" PRId64 "\n", pv_metric_get(&metrics->accepted));
    printf("refused %" PRId64 "\n", pv_metric_get(&metrics->refused));
    printf("connections %" PRId64 "\n", pv_metric_get(&metrics->connections));
    for (int reason = 0; reason < PV_REASON_COUNT; reason++)
        printf("rejected_%s %" PRId64 "\n", pv_reason_name((enum pv_reason)reason),
               pv_metric_get(&metrics->rejected[reason]));
}

static enum pv_status run(const struct arguments *arguments, struct pv_error *error)
{
    static struct pv_collector_metrics metrics;
    struct pv_collector *collector = NULL;
    struct pv_spool *spool = NULL;
    sigset_t ends;
    int number;
    enum pv_status status;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    status =
        pv_spool_open(arguments->spool, arguments->spool_max, PV_SPOOL_SYNC_OFF, &spool, error);

    if (status == PV_OK)
        status = pv_collector_new(&arguments->collector, &arguments->policy, spool, &pv_wall_clock,
                                  &metrics, &collector, error);
    if (status == PV_OK) {
        puts("ready");
        fflush(stdout);
        sigwait(&ends, &number);
        pv_collector_destroy(collector);
        print_metrics(&metrics);
    }
    pv_spool_close(spool);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct pv_error error;

    arguments.allow_hosts.items = arguments.allow_items;
    arguments.trusted_proxies.items = arguments.proxy_items;
    arguments.collector.allow_hosts = &arguments.allow_hosts;
    arguments.collector.trusted_proxies = &arguments.trusted_proxies;
    for (int i = 1; i < argc; i++) {
        if (!read_argument(&arguments, argv[i])) {
            fprintf(stderr, "pv-http-collector: unknown argument %s\n", argv[i]);
            return 2;
        }
    }
    if (arguments.collector.address == NULL || arguments.spool == NULL ||
        arguments.policy.spiders_path == NULL) {
        fputs("pv-http-collector: --http, --spool and --spiders are needed\n", stderr);
        return 2;
    }
    if (run(&arguments, &error) == PV_OK)
        return 0;
    fprintf(stderr, "pv-http-collector: %s\n", error.text);
    return pv_exit_code(error.status);
}
