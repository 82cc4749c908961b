/* The HTTP collector: takes views from browsers and applications, and answers when the spool has
 * them. One thread of its own serves all connections. Docs: http.md.
 *
 * Memory: 16 KiB a connection, of which there are max_connections at most, and 8 MiB for bodies
 * that are still being received; what does not fit is answered with 503. */
#ifndef PRODUCER_HTTP_COLLECTOR_H
#define PRODUCER_HTTP_COLLECTOR_H

#include "pageview/clock.h"
#include "pageview/options.h"
#include "pageview/spool.h"
#include "pageview/status.h"
#include "producer/http/endpoints.h"
#include "producer/policy.h"

#define PV_COLLECTOR_CONNECTIONS_DEFAULT             768
#define PV_COLLECTOR_CONNECTIONS_PER_ADDRESS_DEFAULT 64
#define PV_COLLECTOR_IDLE_MS_DEFAULT                 10000
#define PV_COLLECTOR_TOTAL_MS_DEFAULT                30000

/* A number that is 0 stands for its default. */
struct pv_collector_options {
    const char *address;                   /* to listen at, "HOST:PORT" */
    const struct pv_list *allow_hosts;     /* sites.h; NULL or empty: every site */
    const struct pv_list *trusted_proxies; /* networks whose X-Forwarded-For counts; may be NULL */
    bool trust_client_time;                /* `ts` of a view is its time, not the server's clock */
    int64_t max_connections;               /* 64 at least; more wait to be accepted. 256 of the
                                              process's descriptors are left to others */
    int64_t max_connections_per_address;   /* trusted proxies have no limit */
    int64_t idle_timeout_ms;               /* for a head, and between two pieces of a body */
    int64_t total_timeout_ms;              /* for a body as a whole */
};

struct pv_collector;

/* Listens and serves until destroyed. PV_INVALID: an address that cannot be listened at, a network
 * that is none, or a bad policy. `options` is only read during the call; its lists, what the
 * policy's options need, `spool`, `clock` and `metrics` have to outlive the collector. */
enum pv_status pv_collector_new(const struct pv_collector_options *options,
                                const struct pv_policy_options *policy_options,
                                struct pv_spool *spool, const struct pv_clock *clock,
                                struct pv_collector_metrics *metrics,
                                struct pv_collector **collector,
                                struct pv_error *error) PV_MUST_CHECK;

/* Stops listening, answers the requests at hand (for 2 s at most), and ends. NULL is fine. */
void pv_collector_destroy(struct pv_collector *collector);

#endif
