#include "dashboard-export/run.h"

#include "dashboard-export/exporter.h"
#include "pageview/clock.h"
#include "pageview/log.h"
#include "pageview/stop.h"

static enum pv_status run_round(struct pv_exporter *exporter, struct pv_error *error)
{
    return pv_exporter_round(exporter, pv_clock_now_ms(&pv_wall_clock), pv_monotonic_ms(), error);
}

/* Says what went wrong and how long to wait for the next try. */
static int64_t after_failure(const struct pv_dashboard_options *options, enum pv_status status,
                             const struct pv_error *error, struct pv_backoff *backoff)
{
    int64_t pause_ms = options->interval_ms;

    if (status == PV_UNAVAILABLE)
        pause_ms = pv_backoff_next_ms(backoff);
    pv_log(PV_LOG_WARN, status == PV_UNAVAILABLE ? "redis_away" : "round_failed",
           PV_TEXT("error", error->text), PV_NUMBER("retry_ms", pause_ms));
    return pause_ms;
}

/* The pause is between rounds, not from start to start: a slow round must not make Redis busy
 * with nothing but us. */
static enum pv_status run_rounds(struct pv_exporter *exporter, struct pv_error *error)
{
    struct pv_backoff backoff = {0};

    while (!pv_stop_requested()) {
        enum pv_status status = run_round(exporter, error);
        int64_t pause_ms = exporter->options->interval_ms;

        if (pv_stop_requested())
            break;
        if (status == PV_INVALID)
            return status;
        if (status != PV_OK)
            pause_ms = after_failure(exporter->options, status, error, &backoff);
        if (status != PV_UNAVAILABLE) {
            if (backoff.last_ms != 0)
                pv_log(PV_LOG_INFO, "redis_back",
                       PV_TEXT("redis", exporter->options->redis.address));
            backoff = (struct pv_backoff){0};
        }
        pv_stop_wait_ms(pause_ms);
    }
    return PV_OK;
}

static enum pv_status run_once(struct pv_exporter *exporter, struct pv_error *error)
{
    enum pv_status status = run_round(exporter, error);

    return pv_stop_requested() && status == PV_UNAVAILABLE ? PV_OK : status;
}

static bool is_ready(void *context)
{
    const struct pv_progress *progress = context;

    return pv_metric_get(&progress->is_ready) != 0;
}

static void log_closing(const struct pv_progress *progress)
{
    int64_t written = pv_metric_get(&progress->written);
    int64_t unchanged = pv_metric_get(&progress->unchanged);
    int64_t failed = pv_metric_get(&progress->failed);

    pv_log(PV_LOG_INFO, "closing", PV_NUMBER("snapshots", written + unchanged + failed),
           PV_NUMBER("written", written), PV_NUMBER("unchanged", unchanged),
           PV_NUMBER("failed", failed));
}

enum pv_status pv_dashboard_run(void *options, struct pv_error *error)
{
    const struct pv_dashboard_options *checked = options;
    struct pv_progress progress = {0};
    struct pv_metric rows[PV_PROGRESS_ROWS];
    const struct pv_metrics_source source = {rows, PV_PROGRESS_ROWS, is_ready, &progress};
    struct pv_metrics_server *server = NULL;
    struct pv_exporter exporter;
    struct pv_redis *redis;
    enum pv_status status = pv_redis_new(&checked->redis, &redis, error);

    if (status != PV_OK)
        return status;
    pv_progress_table(&progress, rows);
    status = pv_metrics_server_new(checked->common.metrics, &source, &server, error);
    if (status == PV_OK) {
        pv_exporter_init(&exporter, checked, redis, &progress);
        status = checked->once ? run_once(&exporter, error) : run_rounds(&exporter, error);
        pv_exporter_clean_up(&exporter);
        log_closing(&progress);
    }
    pv_metrics_server_destroy(server);
    pv_redis_destroy(redis);
    return status;
}
