#include "producer/http/collector.h"

#include <stdlib.h>

#include "producer/http/serve.h"

/* Without a descriptor to spare nothing could be spooled, and Kafka not be reached. */
enum { OTHERS_FILES = 256 };

static int64_t or_default(int64_t value, int64_t standard)
{
    return value != 0 ? value : standard;
}

static enum pv_status listen_at(struct pv_collector *collector,
                                const struct pv_collector_options *options, struct pv_error *error)
{
    size_t wanted = (size_t)or_default(options->max_connections, PV_COLLECTOR_CONNECTIONS_DEFAULT);
    size_t per_address = (size_t)or_default(options->max_connections_per_address,
                                            PV_COLLECTOR_CONNECTIONS_PER_ADDRESS_DEFAULT);

    return pv_serve_listen(collector, options->address,
                           pv_http_within_descriptors(wanted, OTHERS_FILES), per_address, error);
}

enum pv_status pv_collector_new(const struct pv_collector_options *options,
                                const struct pv_policy_options *policy_options,
                                struct pv_spool *spool, const struct pv_clock *clock,
                                struct pv_collector_metrics *metrics,
                                struct pv_collector **collector, struct pv_error *error)
{
    struct pv_collector *made = calloc(1, sizeof *made);
    struct pv_endpoints *endpoints;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the HTTP collector");
    endpoints = &made->endpoints;
    endpoints->allow_hosts = options->allow_hosts;
    endpoints->trust_client_time = options->trust_client_time;
    endpoints->clock = clock;
    endpoints->metrics = metrics;
    endpoints->to_spool.writer.spool = spool;
    made->times = (struct pv_http_times){
        .idle_ms = or_default(options->idle_timeout_ms, PV_COLLECTOR_IDLE_MS_DEFAULT),
        .total_ms = or_default(options->total_timeout_ms, PV_COLLECTOR_TOTAL_MS_DEFAULT),
    };
    status = pv_policy_new(policy_options, &endpoints->to_spool.policy, error);
    if (status == PV_OK)
        status =
            pv_networks_new("--trusted-proxy", options->trusted_proxies, &made->trusted, error);
    if (status == PV_OK)
        status = listen_at(made, options, error);
    if (status == PV_OK)
        status = pv_http_server_start(&made->http, error);
    if (status != PV_OK) {
        pv_collector_destroy(made);
        return status;
    }
    *collector = made;
    return PV_OK;
}

void pv_collector_destroy(struct pv_collector *collector)
{
    if (collector == NULL)
        return;
    atomic_store(&collector->is_stopping, true);
    pv_http_server_join(&collector->http);
    pv_http_server_close(&collector->http);
    pv_http_responses_clean_up(&collector->responses);
    pv_networks_destroy(collector->trusted);
    pv_policy_destroy(collector->endpoints.to_spool.policy);
    pv_endpoints_clean_up(&collector->endpoints);
    free(collector);
}
