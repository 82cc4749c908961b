/* A program's metrics: one table, a row a metric, served as Prometheus text. */
#ifndef PAGEVIEW_METRICS_H
#define PAGEVIEW_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/buffer.h"
#include "pageview/status.h"

/* A value that any thread adds to or sets. */
typedef _Atomic int64_t pv_metric_value;

static inline void pv_metric_add(pv_metric_value *value, int64_t amount)
{
    atomic_fetch_add_explicit(value, amount, memory_order_relaxed);
}

static inline void pv_metric_set(pv_metric_value *value, int64_t amount)
{
    atomic_store_explicit(value, amount, memory_order_relaxed);
}

static inline int64_t pv_metric_get(const pv_metric_value *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

struct pv_metric {
    const char *name;  /* rows of the same name stand together */
    const char *type;  /* "counter" or "gauge" */
    const char *label; /* "reason" … or NULL */
    const char *label_value;
    const char *help;
    const pv_metric_value *value;
};

/* Appends all rows in Prometheus text format 0.0.4. */
void pv_metrics_write(struct pv_buffer *buffer, const struct pv_metric *metrics, size_t count);

/* What the HTTP side asks a program. Called from another thread. */
struct pv_metrics_source {
    const struct pv_metric *metrics;
    size_t count;
    bool (*is_ready)(void *context); /* /readyz: does the work go on right now? */
    void *context;
};

struct pv_metrics_server;

/* Serves /metrics, /healthz and /readyz at "ADDR:PORT" until destroyed; `*server` is NULL when
 * `address` is. `source` must outlive it. */
enum pv_status pv_metrics_server_new(const char *address, const struct pv_metrics_source *source,
                                     struct pv_metrics_server **server,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_metrics_server_destroy(struct pv_metrics_server *server);

#endif
