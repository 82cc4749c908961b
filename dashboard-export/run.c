#include "dashboard-export/run.h"

#include <malloc.h>

#include "dashboard-export/exporter.h"
#include "dashboard-export/serve/server.h"
#include "dashboard-export/serve/written_files.h"
#include "pageview/clock.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum { LARGE_SIZE = 1 << 20 };

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

/* Those who listen to /events; also what a round wrote that failed later. */
static void tell_written(struct pv_written_files *written, struct pv_web_server *web)
{
    struct pv_buffer json = {0};

    if (pv_written_files_take(written, &json)) {
        static const char unknown[] = "{\"paths\":[],\"more\":true}"; /* when memory is out */

        pv_web_server_tell_files(web, json.failed ? unknown : json.data,
                                 json.failed ? sizeof unknown - 1 : json.length);
    }
    pv_buffer_clean_up(&json);
}

/* The pause is between rounds, not from start to start: a slow round must not make Redis busy
 * with nothing but us. */
static enum pv_status run_rounds(struct pv_exporter *exporter, struct pv_web_server *web,
                                 struct pv_error *error)
{
    struct pv_backoff backoff = {0};

    while (!pv_stop_requested()) {
        enum pv_status status = run_round(exporter, error);
        int64_t pause_ms = exporter->options->interval_ms;

        if (web != NULL)
            tell_written(exporter->written, web);
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

/* What the program is made of while it runs. */
struct program {
    struct pv_progress progress;
    struct pv_server_metrics served;
    struct pv_metric rows[PV_PROGRESS_ROWS + PV_SERVER_ROWS];
    struct pv_redis *redis;
    struct pv_metrics_server *metrics;
    struct pv_web_server *web; /* NULL without --serve */
    struct pv_written_files written;
    struct pv_exporter exporter;
};

static enum pv_status start_servers(struct program *program,
                                    const struct pv_dashboard_options *options,
                                    struct pv_metrics_source *source, struct pv_error *error)
{
    enum pv_status status;

    pv_progress_table(&program->progress, program->rows);
    pv_server_metrics_table(&program->served, program->rows + PV_PROGRESS_ROWS);
    *source = (struct pv_metrics_source){
        program->rows, PV_PROGRESS_ROWS + (options->serve != NULL ? PV_SERVER_ROWS : 0), is_ready,
        &program->progress};
    status = pv_metrics_server_new(options->common.metrics, source, &program->metrics, error);
    if (status != PV_OK)
        return status;
    return pv_web_server_new(options, &program->served, &program->web, error);
}

/* A long list grows without a copy while it has pages of its own. glibc takes the first that is
 * freed for a sign to keep such sizes in its heaps from then on, unless it is told. */
static void keep_large_memory_apart(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, LARGE_SIZE);
#endif
}

enum pv_status pv_dashboard_run(void *options, struct pv_error *error)
{
    const struct pv_dashboard_options *checked = options;
    struct program program = {.redis = NULL};
    struct pv_metrics_source source;
    enum pv_status status = pv_redis_new(&checked->redis, &program.redis, error);

    if (status != PV_OK)
        return status;
    keep_large_memory_apart();
    status = start_servers(&program, checked, &source, error);
    if (status == PV_OK) {
        pv_exporter_init(&program.exporter, checked, program.redis, &program.progress);
        if (program.web != NULL)
            program.exporter.written = &program.written;
        status = checked->once ? run_once(&program.exporter, error)
                               : run_rounds(&program.exporter, program.web, error);
        pv_exporter_clean_up(&program.exporter);
        log_closing(&program.progress);
    }
    pv_web_server_destroy(program.web);
    pv_metrics_server_destroy(program.metrics);
    pv_written_files_clean_up(&program.written);
    pv_redis_destroy(program.redis);
    return status;
}
