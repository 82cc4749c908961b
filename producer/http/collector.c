#include "producer/http/collector.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageview/address.h"
#include "producer/http/serve.h"

enum { TICK_MS = 100, DRAIN_MS = 2000, OTHERS_FILES = 256, CONNECTIONS_LEAST = 64 };

struct pv_collector {
    struct pv_serve serve;
    struct MHD_Daemon *daemon;
    atomic_bool is_stopping; /* the thread ends within a tick */
    pthread_t thread;
    bool has_thread;
};

static enum pv_status listen_at(struct pv_collector *collector, const char *address,
                                struct pv_error *error)
{
    struct addrinfo *found = NULL;
    enum pv_status status = pv_address_resolve("http", address, &found, error);

    if (status != PV_OK)
        return status;
    errno = 0;
    collector->daemon = pv_serve_start(&collector->serve, found->ai_addr);
    freeaddrinfo(found);
    if (collector->daemon == NULL)
        return pv_error_set(error, PV_INVALID,
                            "--http=%s: cannot listen there (%s): is another program using the "
                            "port?",
                            address, strerror(errno));
    return PV_OK;
}

/* One turn: what has come is read and answered. False when a stop was asked for. */
static bool turn(struct pv_collector *collector, int64_t *ticked_ms)
{
    int64_t now_ms;

    MHD_run_wait(collector->daemon, TICK_MS);
    pv_serve_flush(&collector->serve);
    now_ms = pv_monotonic_ms();
    if (now_ms - *ticked_ms >= TICK_MS) {
        *ticked_ms = now_ms;
        pv_serve_end_late(&collector->serve);
        pv_hit_to_spool_tick(&collector->serve.endpoints.to_spool);
    }
    return !atomic_load(&collector->is_stopping);
}

/* Takes no more connections, and answers what it has begun to read. */
static void drain(struct pv_collector *collector, int64_t ticked_ms)
{
    MHD_socket listener = MHD_quiesce_daemon(collector->daemon);
    int64_t until_ms = pv_monotonic_ms() + DRAIN_MS;

    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    while (pv_connections_are_busy(&collector->serve.connections) && pv_monotonic_ms() < until_ms)
        (void)turn(collector, &ticked_ms);
}

static void *serve_until_stopped(void *context)
{
    struct pv_collector *collector = context;
    int64_t ticked_ms = 0;

    while (turn(collector, &ticked_ms))
        continue;
    drain(collector, ticked_ms);
    return NULL;
}

static enum pv_status start_thread(struct pv_collector *collector, struct pv_error *error)
{
    int failure = pthread_create(&collector->thread, NULL, serve_until_stopped, collector);

    if (failure != 0)
        return pv_error_set(error, PV_IO, "the HTTP collector's thread: %s", strerror(failure));
    collector->has_thread = true;
    return PV_OK;
}

static int64_t or_default(int64_t value, int64_t standard)
{
    return value != 0 ? value : standard;
}

/* Without a descriptor to spare nothing could be spooled, and Kafka not be reached. */
static size_t within_descriptors(size_t connections)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= connections + OTHERS_FILES)
        return connections;
    return files.rlim_cur > OTHERS_FILES + CONNECTIONS_LEAST ? (size_t)files.rlim_cur - OTHERS_FILES
                                                             : CONNECTIONS_LEAST;
}

static struct pv_connection_limits limits_of(const struct pv_collector_options *options)
{
    return (struct pv_connection_limits){
        .connections = within_descriptors(
            (size_t)or_default(options->max_connections, PV_COLLECTOR_CONNECTIONS_DEFAULT)),
        .per_address = (size_t)or_default(options->max_connections_per_address,
                                          PV_COLLECTOR_CONNECTIONS_PER_ADDRESS_DEFAULT),
        .idle_ms = or_default(options->idle_timeout_ms, PV_COLLECTOR_IDLE_MS_DEFAULT),
        .total_ms = or_default(options->total_timeout_ms, PV_COLLECTOR_TOTAL_MS_DEFAULT),
    };
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
    endpoints = &made->serve.endpoints;
    endpoints->allow_hosts = options->allow_hosts;
    endpoints->trust_client_time = options->trust_client_time;
    endpoints->clock = clock;
    endpoints->metrics = metrics;
    endpoints->to_spool.writer.spool = spool;
    made->serve.connections.limits = limits_of(options);
    status = pv_policy_new(policy_options, &endpoints->to_spool.policy, error);
    if (status == PV_OK)
        status = pv_networks_new("--trusted-proxy", options->trusted_proxies, &made->serve.trusted,
                                 error);
    if (status == PV_OK)
        status = listen_at(made, options->address, error);
    if (status == PV_OK)
        status = start_thread(made, error);
    if (status != PV_OK) {
        pv_collector_destroy(made);
        return status;
    }
    *collector = made;
    return PV_OK;
}

static void stop_thread(struct pv_collector *collector)
{
    atomic_store(&collector->is_stopping, true);
    pthread_join(collector->thread, NULL);
}

void pv_collector_destroy(struct pv_collector *collector)
{
    if (collector == NULL)
        return;
    if (collector->has_thread)
        stop_thread(collector);
    if (collector->daemon != NULL)
        MHD_stop_daemon(collector->daemon);
    pv_networks_destroy(collector->serve.trusted);
    pv_policy_destroy(collector->serve.endpoints.to_spool.policy);
    pv_endpoints_clean_up(&collector->serve.endpoints);
    free(collector);
}
