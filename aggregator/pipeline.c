#include "aggregator/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "aggregator/committer.h"
#include "aggregator/facts.h"
#include "aggregator/intake.h"
#include "aggregator/kafka_consumer.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    POLL_MS = 100,
    STALL_MS = 1000,       /* without a free batch for this long, fetching pauses */
    VERIFY_MS = 3000,      /* an idle partition's offset is compared this often */
    REPORT_MS = 5000,      /* offsets are told to Kafka this often */
    REVOKE_WAIT_MS = 3000, /* for the committer, before partitions are given back */
    STOP_WAIT_MS = 4000,   /* the same, before the program ends */
    SPARE_BATCHES = 8,     /* beyond two a partition */
};

struct pipeline {
    const struct pv_pipeline_config *config;
    const struct pv_aggregator_options *options;
    struct pv_kafka_consumer *consumer;
    struct pv_redis *redis; /* reads offsets; the committer has its own connection */
    struct pv_intake intake;

    /* What the group gave and is not fetched yet, because Redis or Kafka did not answer. */
    int32_t *granted;
    size_t granted_count;
    bool start_pending;
    int64_t retry_at_ms; /* monotonic */
    struct pv_backoff backoff;

    int64_t report_at_ms; /* monotonic */
    int64_t last_lag;     /* this pipeline's part of the gauge */
    enum pv_status failure;
    struct pv_error *error;
};

static struct pv_partition *partition_of(struct pipeline *pipeline, int32_t id)
{
    return &pipeline->intake.partitions.items[id];
}

static bool on_message(void *context, const struct pv_kafka_message *message)
{
    return pv_intake_message(&((struct pipeline *)context)->intake, message);
}

static void on_end(void *context, int32_t id, int64_t offset)
{
    struct pipeline *pipeline = context;
    struct pv_partition *partition;

    if ((size_t)id >= pipeline->intake.partitions.count)
        return;
    partition = partition_of(pipeline, id);
    if (partition->assigned && !partition->needs_seek)
        partition->log_end = offset;
}

static void on_offset_missing(void *context, int32_t id)
{
    struct pipeline *pipeline = context;

    if ((size_t)id >= pipeline->intake.partitions.count)
        return;
    pv_intake_void(&pipeline->intake, partition_of(pipeline, id));
    partition_of(pipeline, id)->needs_seek = true;
}

/* Seals every open batch and waits for the committer, up to `timeout_ms`. */
static void settle(struct pipeline *pipeline, int64_t timeout_ms)
{
    struct pv_intake *intake = &pipeline->intake;
    int64_t until_ms = pv_monotonic_ms() + timeout_ms;

    for (size_t i = 0; i < intake->partitions.count; i++)
        if (intake->partitions.items[i].open != NULL)
            pv_intake_seal(intake, &intake->partitions.items[i]);
    while (pv_committer_pending(intake->committer) > 0 && pv_monotonic_ms() < until_ms)
        pv_intake_collect(intake, POLL_MS);
}

static void report_offsets(struct pipeline *pipeline, bool wait)
{
    struct pv_partitions *partitions = &pipeline->intake.partitions;
    int32_t *ids = malloc((partitions->count + 1) * sizeof *ids);
    int64_t *offsets = malloc((partitions->count + 1) * sizeof *offsets);
    size_t count = 0;

    for (size_t i = 0; ids != NULL && offsets != NULL && i < partitions->count; i++) {
        struct pv_partition *partition = &partitions->items[i];

        if (!partition->assigned || partition->committed == partition->reported)
            continue;
        ids[count] = partition->id;
        offsets[count++] = partition->committed;
        partition->reported = partition->committed;
    }
    pv_kafka_consumer_report(pipeline->consumer, ids, offsets, count, wait);
    free(ids);
    free(offsets);
}

static void update_lag(struct pipeline *pipeline)
{
    struct pv_partitions *partitions = &pipeline->intake.partitions;
    int64_t lag = 0;

    for (size_t i = 0; i < partitions->count; i++) {
        const struct pv_partition *partition = &partitions->items[i];
        int64_t committed = partition->committed > 0 ? partition->committed : 0;
        int64_t high;

        if (!partition->assigned)
            continue;
        high = pv_kafka_consumer_cached_high(pipeline->consumer, partition->id);
        if (high > committed)
            lag += high - committed;
    }
    pv_metric_add(&pipeline->config->metrics->lag, lag - pipeline->last_lag);
    pipeline->last_lag = lag;
}

static void on_assigned(void *context, const int32_t *partitions, size_t count)
{
    struct pipeline *pipeline = context;
    struct pv_error error;

    free(pipeline->granted);
    pipeline->granted = malloc((count + 1) * sizeof *pipeline->granted);
    pipeline->granted_count = pipeline->granted != NULL ? count : 0;
    if (pipeline->granted_count > 0)
        memcpy(pipeline->granted, partitions, count * sizeof *partitions);
    pipeline->start_pending = true;
    pipeline->retry_at_ms = 0;
    if (pv_kafka_consumer_start(pipeline->consumer, NULL, NULL, 0, &error) != PV_OK)
        pv_log(PV_LOG_WARN, "assign_failed", PV_TEXT("error", error.text));
}

static void on_revoked(void *context, bool lost)
{
    struct pipeline *pipeline = context;
    struct pv_partitions *partitions = &pipeline->intake.partitions;

    pipeline->start_pending = false;
    if (!lost) {
        settle(pipeline, REVOKE_WAIT_MS);
        report_offsets(pipeline, true);
    }
    for (size_t i = 0; i < partitions->count; i++) {
        pv_intake_void(&pipeline->intake, &partitions->items[i]);
        partitions->items[i].assigned = false;
    }
    pv_metric_add(&pipeline->config->metrics->partitions, -(int64_t)partitions->assigned);
    pv_log(PV_LOG_INFO, "revoked", PV_NUMBER("partitions", partitions->assigned),
           PV_TEXT("lost", lost ? "yes" : "no"));
    partitions->assigned = 0;
}

/* Where to fetch a partition whose counts stand at `stored`. */
static enum pv_status choose_start(struct pipeline *pipeline, int32_t id, int64_t stored,
                                   int64_t *offset, int64_t *high, struct pv_error *error)
{
    int64_t low;
    enum pv_status status = pv_kafka_consumer_watermarks(pipeline->consumer, id, &low, high, error);

    if (status != PV_OK)
        return status;
    *offset = stored == PV_OFFSET_NONE ? low : stored;
    if (*offset < low) {
        pv_log(PV_LOG_ERROR, "offset_below_log_start", PV_NUMBER("partition", id),
               PV_NUMBER("stored", stored), PV_NUMBER("log_start", low),
               PV_TEXT("advice", "Kafka deleted events before they were counted: raise "
                                 "retention.ms of the topic; going on from the log's start"));
        pv_metric_add(&pipeline->config->metrics->offset_below_log_start, low - stored);
        *offset = low;
    }
    if (*offset > *high)
        return pv_error_set(error, PV_LOST,
                            "topic %s, partition %d: Redis has counted up to offset %lld, but the "
                            "log ends at %lld: was the topic recreated? use another --prefix for "
                            "the new topic, or restore the old one",
                            pipeline->options->kafka.topic, id, (long long)stored,
                            (long long)*high);
    return PV_OK;
}

static enum pv_status start_granted(struct pipeline *pipeline, struct pv_error *error)
{
    const struct pv_aggregator_options *options = pipeline->options;
    struct pv_partitions *partitions = &pipeline->intake.partitions;
    size_t count = pipeline->granted_count;
    int64_t *stored = calloc(count + 1, sizeof *stored);
    int64_t *offsets = calloc(count + 1, sizeof *offsets);
    enum pv_status status;

    if (stored == NULL || offsets == NULL) {
        free(stored);
        free(offsets);
        return pv_error_nomem(error, "an assignment");
    }
    status = pv_facts_read_offsets(pipeline->redis, options->redis.prefix, options->kafka.topic,
                                   pipeline->granted, count, stored, error);
    for (size_t i = 0; i < count && status == PV_OK; i++) {
        int32_t id = pipeline->granted[i];
        int64_t high = 0;

        status = choose_start(pipeline, id, stored[i], &offsets[i], &high, error);
        if (status == PV_OK)
            status = pv_partitions_grow(partitions, (size_t)id + 1, error);
        if (status != PV_OK)
            break;
        pv_partition_begin(partition_of(pipeline, id), stored[i], pipeline->intake.now_ms);
        partition_of(pipeline, id)->goal = high;
    }
    if (status == PV_OK)
        status =
            pv_kafka_consumer_start(pipeline->consumer, pipeline->granted, offsets, count, error);
    free(stored);
    free(offsets);
    return status;
}

/* Something that needs Redis or Kafka failed: retry later, or give up for good. */
static void postpone(struct pipeline *pipeline, const char *event, enum pv_status status,
                     const struct pv_error *error)
{
    int64_t retry_ms;

    if (status != PV_UNAVAILABLE && status != PV_REFUSED) {
        pipeline->failure = status;
        *pipeline->error = *error;
        return;
    }
    retry_ms = pv_backoff_next_ms(&pipeline->backoff);
    pipeline->retry_at_ms = pv_monotonic_ms() + retry_ms;
    pv_log(PV_LOG_WARN, event, PV_TEXT("error", error->text), PV_NUMBER("retry_ms", retry_ms));
}

static void start_if_pending(struct pipeline *pipeline)
{
    struct pv_partitions *partitions = &pipeline->intake.partitions;
    struct pv_error error;
    enum pv_status status;

    if (!pipeline->start_pending || pv_monotonic_ms() < pipeline->retry_at_ms)
        return;
    status = start_granted(pipeline, &error);
    if (status != PV_OK) {
        postpone(pipeline, "start_postponed", status, &error);
        return;
    }
    pipeline->start_pending = false;
    pipeline->backoff = (struct pv_backoff){0};
    partitions->assigned = pipeline->granted_count;
    pipeline->intake.pool.max = 2 * partitions->assigned + SPARE_BATCHES;
    pv_metric_add(&pipeline->config->metrics->partitions, (int64_t)partitions->assigned);
    pv_metric_set(&pipeline->config->metrics->redis_up, 1);
    pv_log(PV_LOG_INFO, "assigned", PV_NUMBER("partitions", partitions->assigned));
}

static void seek_where_needed(struct pipeline *pipeline)
{
    struct pv_partitions *partitions = &pipeline->intake.partitions;

    if (pv_monotonic_ms() < pipeline->retry_at_ms)
        return;
    for (size_t i = 0; i < partitions->count; i++) {
        struct pv_partition *partition = &partitions->items[i];
        struct pv_error error;
        int64_t offset, high;
        enum pv_status status;

        if (!partition->assigned || !partition->needs_seek)
            continue;
        status =
            choose_start(pipeline, partition->id, partition->committed, &offset, &high, &error);
        if (status == PV_OK)
            status = pv_kafka_consumer_seek(pipeline->consumer, partition->id, offset, &error);
        if (status != PV_OK) {
            postpone(pipeline, "seek_postponed", status, &error);
            return;
        }
        pipeline->backoff = (struct pv_backoff){0};
        pv_partition_begin(partition, partition->committed, pipeline->intake.now_ms);
    }
}

/* Takes the partition's end over what has nothing to count: transaction markers. */
static void extend_to_log_end(struct pipeline *pipeline, struct pv_partition *partition)
{
    if (partition->log_end <= partition->next || !pv_intake_open(&pipeline->intake, partition))
        return;
    pv_batch_extend(partition->open, partition->log_end);
    partition->next = partition->log_end;
}

static void verify_if_idle(struct pipeline *pipeline, struct pv_partition *partition)
{
    if (!pv_partition_is_settled(partition) ||
        pipeline->intake.now_ms - partition->verified_ms < VERIFY_MS ||
        !pv_intake_open(&pipeline->intake, partition))
        return;
    pv_intake_seal(&pipeline->intake, partition); /* an empty batch only asks for the offset */
}

static void flush_due(struct pipeline *pipeline)
{
    struct pv_intake *intake = &pipeline->intake;

    for (size_t i = 0; i < intake->partitions.count; i++) {
        struct pv_partition *partition = &intake->partitions.items[i];

        if (!partition->assigned || partition->needs_seek)
            continue;
        extend_to_log_end(pipeline, partition);
        if (partition->open != NULL && partition->open->to != partition->open->from &&
            intake->now_ms - partition->open->opened_ms >= pipeline->options->flush_interval_ms)
            pv_intake_seal(intake, partition);
        verify_if_idle(pipeline, partition);
    }
}

static bool is_at_end(const struct pipeline *pipeline)
{
    const struct pv_partitions *partitions = &pipeline->intake.partitions;

    if (pipeline->start_pending || pipeline->granted == NULL)
        return false;
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].assigned &&
            (partitions->items[i].needs_seek ||
             partitions->items[i].committed < partitions->items[i].goal))
            return false;
    return true;
}

/* Messages were refused because every batch is with the committer. */
static void wait_for_batches(struct pipeline *pipeline)
{
    if (pv_intake_collect(&pipeline->intake, STALL_MS) > 0)
        return;
    pv_log(PV_LOG_WARN, "stalled",
           PV_TEXT("why", "Redis takes no batches: fetching pauses, the group membership stays"));
    pv_kafka_consumer_pause(pipeline->consumer);
    while (pipeline->failure == PV_OK && !pv_stop_requested() &&
           pv_kafka_consumer_has_refused(pipeline->consumer) &&
           pv_intake_collect(&pipeline->intake, 0) == 0)
        pv_kafka_consumer_poll(pipeline->consumer, POLL_MS);
    pv_kafka_consumer_resume(pipeline->consumer);
}

static void loop(struct pipeline *pipeline)
{
    int64_t flush_ms = pipeline->options->flush_interval_ms;
    int poll_ms = flush_ms < POLL_MS ? (int)flush_ms : POLL_MS;

    while (pipeline->failure == PV_OK && !pv_stop_requested()) {
        pipeline->intake.now_ms = pv_clock_now_ms(pipeline->config->clock);
        pv_intake_collect(&pipeline->intake, 0);
        start_if_pending(pipeline);
        seek_where_needed(pipeline);
        pv_kafka_consumer_poll(pipeline->consumer, poll_ms);
        if (pv_kafka_consumer_has_refused(pipeline->consumer))
            wait_for_batches(pipeline);
        flush_due(pipeline);
        if (pv_monotonic_ms() >= pipeline->report_at_ms) {
            report_offsets(pipeline, false);
            update_lag(pipeline);
            pipeline->report_at_ms = pv_monotonic_ms() + REPORT_MS;
        }
        if (pipeline->options->exit_at_end && is_at_end(pipeline))
            break;
    }
}

static enum pv_status prepare_once(struct pipeline *pipeline, struct pv_error *error)
{
    const struct pv_aggregator_options *options = pipeline->options;
    struct pv_facts_origin origin = {.topic = options->kafka.topic};
    char *cluster_id;
    enum pv_status status = pv_facts_check_server(pipeline->redis, error);

    if (status == PV_OK)
        status = pv_kafka_consumer_ensure_topics(
            pipeline->consumer, pipeline->config->rejected_topic, (int32_t)options->partitions,
            &origin.partitions, error);
    if (status != PV_OK)
        return status;
    cluster_id = pv_kafka_consumer_cluster_id(pipeline->consumer);
    origin.cluster_id = cluster_id;
    status = pv_facts_claim(pipeline->redis, options->redis.prefix, &origin, error);
    free(cluster_id);
    return status;
}

/* Until Redis and Kafka are both there; PV_OK also when a stop was asked for meanwhile. */
static enum pv_status prepare(struct pipeline *pipeline, struct pv_error *error)
{
    struct pv_backoff backoff = {0};
    enum pv_status status = PV_OK;

    while (!pv_stop_requested()) {
        int64_t retry_ms;

        status = prepare_once(pipeline, error);
        if (status != PV_UNAVAILABLE)
            return status;
        retry_ms = pv_backoff_next_ms(&backoff);
        pv_log(PV_LOG_WARN, "waiting", PV_TEXT("error", error->text),
               PV_NUMBER("retry_ms", retry_ms));
        pv_stop_wait_ms(retry_ms);
    }
    return PV_OK;
}

static enum pv_status open_pipeline(struct pipeline *pipeline,
                                    const struct pv_kafka_consumer_handlers *handlers,
                                    const struct pv_committer_config *committer,
                                    struct pv_error *error)
{
    const struct pv_aggregator_options *options = pipeline->options;
    enum pv_status status = pv_event_parser_new(&pipeline->intake.parser, error);

    if (status == PV_OK)
        status = pv_redis_new(&options->redis, &pipeline->redis, error);
    if (status == PV_OK)
        status = pv_kafka_consumer_new(&options->kafka, options->group, handlers,
                                       &pipeline->consumer, error);
    if (status == PV_OK)
        status = pv_committer_new(committer, &pipeline->intake.committer, error);
    return status;
}

static void close_pipeline(struct pipeline *pipeline)
{
    pv_kafka_consumer_destroy(pipeline->consumer); /* gives partitions back: needs the committer */
    pv_committer_destroy(pipeline->intake.committer);
    pv_redis_destroy(pipeline->redis);
    pv_event_parser_destroy(pipeline->intake.parser);
    pv_batch_pool_clean_up(&pipeline->intake.pool);
    pv_partitions_clean_up(&pipeline->intake.partitions);
    free(pipeline->granted);
}

enum pv_status pv_pipeline_run(const struct pv_pipeline_config *config, struct pv_error *error)
{
    const struct pv_aggregator_options *options = config->options;
    struct pipeline pipeline = {
        .config = config,
        .options = options,
        .error = error,
        .intake = {.pool = {.max_cells = (size_t)options->max_batch_articles, .max = SPARE_BATCHES},
                   .rejects = config->rejects,
                   .metrics = config->metrics},
    };
    const struct pv_kafka_consumer_handlers handlers = {
        on_message, on_end, on_assigned, on_revoked, on_offset_missing, &pipeline,
    };
    const struct pv_committer_config committer = {
        &options->redis,
        options->kafka.topic,
        &options->retention,
        config->clock,
        (size_t)options->max_batch_articles,
        config->rejects,
        config->metrics,
    };
    enum pv_status status = open_pipeline(&pipeline, &handlers, &committer, error);

    if (status == PV_OK)
        status = prepare(&pipeline, error);
    if (status == PV_OK && !pv_stop_requested())
        status = pv_kafka_consumer_subscribe(pipeline.consumer, error);
    if (status == PV_OK) {
        loop(&pipeline);
        settle(&pipeline, STOP_WAIT_MS);
        status = pipeline.failure;
    }
    close_pipeline(&pipeline);
    return status;
}
