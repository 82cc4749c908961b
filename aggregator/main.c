#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/also_read/also_read.h"
#include "aggregator/pipeline.h"
#include "aggregator/ranker/ranker.h"
#include "aggregator/rebuild.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/program.h"
#include "pageview/stop.h"

enum { INTERVAL_MS = 1000 }; /* of what runs beside the pipelines */

struct worker {
    pthread_t thread;
    const struct pv_pipeline_config *config;
    enum pv_status status;
    struct pv_error error;
};

static void *work(void *context)
{
    struct worker *worker = context;

    worker->status = pv_pipeline_run(worker->config, &worker->error);
    if (worker->status != PV_OK)
        pv_stop_request(); /* one pipeline cannot go on: the others end cleanly */
    return NULL;
}

/* Runs all pipelines to their end; the first failure is the answer. */
static enum pv_status run_pipelines(const struct pv_pipeline_config *config, struct pv_error *error)
{
    size_t count = (size_t)config->options->pipelines, started = 0;
    struct worker *workers = calloc(count, sizeof *workers);
    enum pv_status status = PV_OK;

    if (workers == NULL)
        return pv_error_nomem(error, "pipelines");
    for (; started < count && status == PV_OK; started += status == PV_OK) {
        workers[started].config = config;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0) {
            status = pv_error_nomem(error, "a pipeline's thread");
            pv_stop_request();
        }
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        if (status == PV_OK && workers[i].status != PV_OK) {
            status = workers[i].status;
            *error = workers[i].error;
        }
    }
    free(workers);
    return status;
}

/* What runs beside the pipelines; NULL: it is off. */
struct company {
    struct pv_ranker *ranker;
    struct pv_visit_feed *visits;
    struct pv_also_read *also_read;
};

/* Runs the pipelines to their end, and what is beside them to the same. */
static enum pv_status run_with(const struct company *company,
                               const struct pv_pipeline_config *config, struct pv_error *error)
{
    enum pv_status status = run_pipelines(config, error);

    if (status != PV_OK || !config->options->exit_at_end || pv_stop_requested())
        return status;
    if (company->ranker != NULL)
        pv_ranker_finish(company->ranker);
    if (company->also_read != NULL)
        pv_also_read_finish(company->also_read);
    return status;
}

/* Runs the pipelines with a ranker and "also read" beside them. */
static enum pv_status count_and_rank(struct pv_pipeline_config *config, struct pv_error *error)
{
    const struct pv_aggregator_options *options = config->options;
    const struct pv_ranker_config ranker_config = {
        .redis = &options->redis,
        .clock = config->clock,
        .by_events = options->clock == PV_CLOCK_EVENT,
        .interval_ms = INTERVAL_MS,
        .max_articles = (size_t)options->max_ranked_articles,
        .metrics = &config->metrics->ranker,
        .commits = &config->metrics->commits,
        .far_behind = &config->metrics->far_behind,
    };
    struct pv_also_read_config also_config = {
        .redis = &options->redis,
        .clock = config->clock,
        .interval_ms = INTERVAL_MS,
        .metrics = &config->metrics->also_read,
    };
    struct company company = {NULL, NULL, NULL};
    enum pv_status status = PV_OK;

    if (options->trending != 0)
        status = pv_ranker_new(&ranker_config, &company.ranker, error);
    if (status == PV_OK && options->also_read != 0 && options->visitors != 0) {
        status = pv_visit_feed_new(&company.visits, error);
        config->visits = also_config.feed = company.visits;
        if (status == PV_OK)
            status = pv_also_read_new(&also_config, &company.also_read, error);
    }
    if (status == PV_OK)
        status = run_with(&company, config, error);
    pv_also_read_destroy(company.also_read);
    pv_ranker_destroy(company.ranker);
    pv_visit_feed_destroy(company.visits);
    return status;
}

static bool is_ready(void *context)
{
    const struct pv_aggregator_metrics *metrics = context;

    return pv_metric_get(&metrics->redis_up) == 1 && pv_metric_get(&metrics->started) > 0;
}

static void log_closing(const struct pv_aggregator_metrics *metrics)
{
    int64_t filtered = 0;

    for (int reason = 0; reason < PV_REASON_COUNT; reason++)
        filtered += pv_metric_get(&metrics->filtered[reason]);
    pv_log(PV_LOG_INFO, "closing", PV_NUMBER("events", pv_metric_get(&metrics->events)),
           PV_NUMBER("views", pv_metric_get(&metrics->views)), PV_NUMBER("filtered", filtered),
           PV_NUMBER("commits", pv_metric_get(&metrics->commits)),
           PV_NUMBER("already", pv_metric_get(&metrics->already)),
           PV_NUMBER("stale", pv_metric_get(&metrics->stale)));
}

static enum pv_status run(const struct pv_aggregator_options *options, struct pv_error *error)
{
    static struct pv_aggregator_metrics metrics;
    struct pv_metric rows[PV_AGGREGATOR_METRIC_ROWS];
    struct pv_metrics_source source = {rows, pv_aggregator_metrics_table(&metrics, rows), is_ready,
                                       &metrics};
    struct pv_metrics_server *server = NULL;
    char rejected_topic[300];
    struct pv_pipeline_config config = {.options = options,
                                        .rejected_topic = rejected_topic,
                                        .clock = &pv_wall_clock,
                                        .metrics = &metrics};
    enum pv_status status;

    snprintf(rejected_topic, sizeof rejected_topic, "%s.rejected", options->kafka.topic);
    status = pv_metrics_server_new(options->common.metrics, &source, &server, error);
    if (status == PV_OK)
        status = pv_kafka_rejects_new(&options->kafka, rejected_topic, &metrics.rejects_lost,
                                      &config.rejects, error);
    if (status == PV_OK)
        status = options->rebuild ? pv_rebuild_run(&config, error) : count_and_rank(&config, error);
    if (status == PV_OK)
        log_closing(&metrics);
    pv_kafka_rejects_destroy(config.rejects);
    pv_metrics_server_destroy(server);
    return status;
}

/* Lists are sums of buckets: those must be kept for as long as the windows reach. */
static enum pv_status check_retention(const struct pv_aggregator_options *options,
                                      struct pv_error *error)
{
    const struct {
        const char *option, *list;
        int64_t kept_ms, needed_ms;
    } rows[] = {
        {"keep-minutes", "1h", options->retention.minutes_ms, 63 * PV_MINUTE_MS},
        {"keep-hours", "7d", options->retention.hours_ms, 170 * PV_HOUR_MS},
        {"keep-days", "30d", options->retention.days_ms, 32 * PV_DAY_MS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (options->trending != 0 && rows[i].kept_ms < rows[i].needed_ms)
            return pv_error_set(error, PV_INVALID,
                                "--%s is too short for the list %s, which needs %" PRId64
                                "m: raise it, or give --trending=off",
                                rows[i].option, rows[i].list, rows[i].needed_ms / PV_MINUTE_MS);
    return PV_OK;
}

/* A rebuild counts under a prefix that is longer than the given one. */
static enum pv_status check_prefix(const struct pv_aggregator_options *options,
                                   struct pv_error *error)
{
    char shadow[PV_KEY_SIZE];
    size_t length = strlen(options->redis.prefix);
    size_t over = pv_key_shadow_prefix(options->redis.prefix, shadow) - length;

    if (options->rebuild && length + over > PV_PREFIX_MAX)
        return pv_error_set(error, PV_INVALID,
                            "--prefix=%s: takes %zu bytes at most with --rebuild",
                            options->redis.prefix, PV_PREFIX_MAX - over);
    return PV_OK;
}

static enum pv_status check(void *options, struct pv_error *error)
{
    struct pv_aggregator_options *aggregator = options;

    aggregator->kafka.properties = &aggregator->common.kafka_properties;
    if (check_retention(aggregator, error) != PV_OK || check_prefix(aggregator, error) != PV_OK)
        return error->status;
    return pv_kafka_options_check(&aggregator->kafka, error);
}

static enum pv_status start(void *options, struct pv_error *error)
{
    return run(options, error);
}

int main(int argc, char **argv)
{
    struct pv_aggregator_options options = {0};

    return pv_program_main(&pv_aggregator_program, argc, argv, &options, check, start);
}
