#include "aggregator/pipeline.h"

#include <stdlib.h>

#include "aggregator/assignment.h"
#include "aggregator/committer.h"
#include "aggregator/flush.h"
#include "aggregator/kafka_consumer.h"
#include "aggregator/topic_end.h"
#include "aggregator/waiting_turns.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum {
    POLL_MS = 100,
    STALL_MS = 1000,       /* without a free batch for this long, fetching pauses */
    REPORT_MS = 5000,      /* offsets are told to Kafka this often */
    REVOKE_WAIT_MS = 3000, /* for the committer, before partitions are given back */
    STOP_WAIT_MS = 3000,   /* the same, before the program ends */
};

struct pipeline {
    const struct pv_pipeline_config *config;
    const struct pv_aggregator_options *options;
    struct pv_kafka_consumer *consumer;
    struct pv_redis *redis; /* the committer has its own connection */
    struct pv_intake intake;
    struct pv_assignment assignment;
    struct pv_log_ends *log_ends; /* NULL where counting ends with the log */
    struct pv_flush flush;
    struct pv_waiting_turns waiting;
    struct pv_topic_end topic_end;
    struct pv_commit_context context;
    char *cluster_id;
    bool closing;         /* all that could be committed is */
    int64_t report_at_ms; /* monotonic */
    int64_t last_lag;     /* this pipeline's part of the gauge */
    int64_t far_behind;   /* the same */
};

static struct pv_partition *partition_of(struct pipeline *pipeline, int32_t id)
{
    return &pipeline->intake.partitions.items[id];
}

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    return pv_intake_message(&((struct pipeline *)context)->intake, message, next);
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

    /* librdkafka has stopped the partition: only a new start fetches it again. */
    pv_log(PV_LOG_WARN, "offset_missing", PV_NUMBER("partition", id));
    pv_assignment_restart(&pipeline->assignment);
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

static void update_far_behind(struct pipeline *pipeline)
{
    struct pv_partitions *partitions = &pipeline->intake.partitions;
    int64_t count = 0;

    for (size_t i = 0; i < partitions->count; i++)
        count += partitions->items[i].assigned && pv_partition_is_far_behind(&partitions->items[i]);
    pv_metric_add(&pipeline->config->metrics->far_behind, count - pipeline->far_behind);
    pipeline->far_behind = count;
}

static void on_assigned(void *context, const int32_t *partitions, size_t count)
{
    pv_assignment_grant(&((struct pipeline *)context)->assignment, partitions, count);
}

static void on_revoked(void *context, bool lost)
{
    struct pipeline *pipeline = context;
    size_t assigned = pipeline->intake.partitions.assigned;

    if (!lost && !pipeline->closing) {
        pv_flush_all(&pipeline->flush, REVOKE_WAIT_MS);
        report_offsets(pipeline, true);
    }
    pv_assignment_revoke(&pipeline->assignment);
    pv_log(PV_LOG_INFO, "revoked", PV_NUMBER("partitions", assigned),
           PV_TEXT("lost", lost ? "yes" : "no"));
}

/* Messages were refused because every batch is with the committer. */
static void wait_for_batches(struct pipeline *pipeline)
{
    if (pv_intake_collect(&pipeline->intake, STALL_MS) > 0)
        return;
    pv_log(PV_LOG_WARN, "stalled",
           PV_TEXT("why", "Redis takes no batches: fetching pauses, the group membership stays"));
    pv_kafka_consumer_pause(pipeline->consumer);
    while (!pv_stop_requested() && pv_kafka_consumer_has_refused(pipeline->consumer) &&
           pv_intake_collect(&pipeline->intake, 0) == 0)
        pv_kafka_consumer_poll(pipeline->consumer, POLL_MS);
    /* Nothing is fetched now, so all is fetched again from what Redis has. */
    pv_flush_all(&pipeline->flush, REVOKE_WAIT_MS);
    pv_assignment_restart(&pipeline->assignment);
}

static void report_if_due(struct pipeline *pipeline)
{
    if (pipeline->intake.monotonic_ms < pipeline->report_at_ms)
        return;
    report_offsets(pipeline, false);
    update_lag(pipeline);
    pipeline->report_at_ms = pipeline->intake.monotonic_ms + REPORT_MS;
}

/* By the clock of events Redis must know, too, that nobody has to wait for these partitions. */
static bool is_at_end(const struct pipeline *pipeline)
{
    const struct pv_partitions *partitions = &pipeline->intake.partitions;

    if (!pv_assignment_is_at_end(&pipeline->assignment))
        return false;
    for (size_t i = 0; i < partitions->count && pipeline->context.by_events; i++)
        if (partitions->items[i].assigned &&
            (!partitions->items[i].idle_told || !pv_partition_is_settled(&partitions->items[i])))
            return false;
    return true;
}

/* With --exit-at-end: all that the topic had is counted, by whoever it was. */
static bool is_topic_at_end(struct pipeline *pipeline)
{
    int32_t partitions = pipeline->assignment.origin.partitions;

    return is_at_end(pipeline) && (pipeline->intake.partitions.assigned == (size_t)partitions ||
                                   pv_topic_end_is_counted(&pipeline->topic_end, partitions,
                                                           pipeline->intake.monotonic_ms));
}

static enum pv_status turn(struct pipeline *pipeline, bool *end, struct pv_error *error)
{
    const struct pv_pipeline_config *config = pipeline->config;
    enum pv_status status;

    if (config->on_turn == NULL)
        return PV_OK;
    status = config->on_turn(config->turn_context, is_at_end(pipeline), end, error);
    if (status != PV_OK || *end)
        pv_assignment_revoke(&pipeline->assignment); /* what is not committed is void */
    return status;
}

/* Everything up to the goal is with the committer: nothing more is wanted from Kafka. */
static bool is_all_taken(const struct pipeline *pipeline)
{
    const struct pv_partitions *partitions = &pipeline->intake.partitions;
    size_t in_flight = 0;

    for (size_t i = 0; i < partitions->count; i++) {
        if (partitions->items[i].assigned && partitions->items[i].next < partitions->items[i].goal)
            return false;
        in_flight += partitions->items[i].in_flight;
    }
    return in_flight > 0;
}

/* Waits for events; at the very end only for Redis, whose answers Kafka's queue does not wake. */
static void await_work(struct pipeline *pipeline, int poll_ms)
{
    if (pipeline->options->exit_at_end && is_all_taken(pipeline) &&
        pv_intake_collect(&pipeline->intake, poll_ms) > 0)
        poll_ms = 0;
    pv_kafka_consumer_poll(pipeline->consumer, poll_ms);
    if (pv_kafka_consumer_has_refused(pipeline->consumer))
        wait_for_batches(pipeline);
}

static enum pv_status loop(struct pipeline *pipeline, struct pv_error *error)
{
    int64_t flush_ms = pipeline->options->flush_interval_ms;
    int poll_ms = flush_ms < POLL_MS ? (int)flush_ms : POLL_MS;
    bool end = false;

    while (!pv_stop_requested()) {
        enum pv_status status;

        pipeline->intake.now_ms = pv_clock_now_ms(pipeline->config->clock);
        pipeline->intake.monotonic_ms = pv_monotonic_ms();
        /* By the clock of events whatever is counted is of now. */
        pipeline->intake.visits_now_ms = pipeline->context.by_events ? 0 : pipeline->intake.now_ms;
        pv_intake_collect(&pipeline->intake, 0);
        status = pv_assignment_serve(&pipeline->assignment, error);
        if (status != PV_OK)
            return status;
        await_work(pipeline, poll_ms);
        update_far_behind(pipeline);
        pipeline->waiting.counted = pv_assignment_is_counted(&pipeline->assignment);
        pv_flush_due(&pipeline->flush);
        report_if_due(pipeline);
        if (pipeline->options->exit_at_end && is_topic_at_end(pipeline))
            break;
        status = turn(pipeline, &end, error);
        if (status != PV_OK || end)
            return status;
    }
    return PV_OK;
}

static enum pv_status prepare_once(struct pipeline *pipeline, struct pv_error *error)
{
    const struct pv_aggregator_options *options = pipeline->options;
    struct pv_facts_origin *origin = &pipeline->assignment.origin;
    enum pv_status status = pv_facts_check_server(pipeline->redis, error);

    if (status == PV_OK)
        status = pv_kafka_consumer_ensure_topics(
            pipeline->consumer, pipeline->config->rejected_topic, (int32_t)options->partitions,
            &origin->partitions, error);
    if (status != PV_OK)
        return status;
    if (pipeline->cluster_id == NULL)
        pipeline->cluster_id = pv_kafka_consumer_cluster_id(pipeline->consumer);
    origin->topic = options->kafka.topic;
    origin->cluster_id = pipeline->cluster_id;
    pipeline->context.partitions = origin->partitions;
    status = pv_facts_claim(pipeline->redis, options->redis.prefix, origin, error);
    if (status == PV_OK && pipeline->config->live_prefix != NULL)
        status = pv_facts_claim(pipeline->redis, pipeline->config->live_prefix, origin, error);
    if (status == PV_OK && !pipeline->context.by_events)
        status = pv_facts_adopt_buckets(pipeline->redis, options->redis.prefix, error);
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
    enum pv_status status = pv_event_reader_init(&pipeline->intake.reader, error);

    if (status == PV_OK)
        status = pv_event_facts_init(&pipeline->intake.facts, options->visitors != 0, error);
    if (status == PV_OK)
        status = pv_redis_new(&options->redis, &pipeline->redis, error);
    if (status == PV_OK)
        status = pv_kafka_consumer_new(&options->kafka, options->group, handlers,
                                       &pipeline->consumer, error);
    if (status == PV_OK)
        status = pv_committer_new(committer, &pipeline->intake.committer, error);
    if (status == PV_OK && pipeline->config->live_prefix == NULL && !options->exit_at_end)
        status = pv_log_ends_new(pipeline->consumer, pipeline->config->clock, &pipeline->log_ends,
                                 error);
    pipeline->flush = (struct pv_flush){
        .options = options,
        .consumer = pipeline->consumer,
        .intake = &pipeline->intake,
        .log_ends = pipeline->log_ends,
        .waiting = &pipeline->waiting,
    };
    pipeline->assignment = (struct pv_assignment){
        .live_prefix = pipeline->config->live_prefix,
        .options = options,
        .consumer = pipeline->consumer,
        .redis = pipeline->redis,
        .intake = &pipeline->intake,
        .metrics = pipeline->config->metrics,
    };
    pipeline->topic_end = (struct pv_topic_end){
        .consumer = pipeline->consumer,
        .redis = pipeline->redis,
        .prefix = options->redis.prefix,
        .topic = options->kafka.topic,
    };
    pipeline->waiting = (struct pv_waiting_turns){
        .redis = pipeline->redis,
        .context = &pipeline->context,
        .clock = pipeline->config->clock,
        .metrics = pipeline->config->metrics,
        .exit_at_end = options->exit_at_end != 0,
    };
    return status;
}

static void close_pipeline(struct pipeline *pipeline)
{
    pipeline->closing = true;
    pv_log_ends_destroy(pipeline->log_ends);       /* it asks the consumer */
    pv_kafka_consumer_destroy(pipeline->consumer); /* gives partitions back: needs the committer */
    pv_committer_destroy(pipeline->intake.committer);
    pv_redis_destroy(pipeline->redis);
    pv_event_reader_clean_up(&pipeline->intake.reader);
    pv_event_facts_clean_up(&pipeline->intake.facts);
    pv_batch_pool_clean_up(&pipeline->intake.pool);
    pv_partitions_clean_up(&pipeline->intake.partitions);
    pv_assignment_clean_up(&pipeline->assignment);
    pv_topic_end_clean_up(&pipeline->topic_end);
    free(pipeline->cluster_id);
}

static enum pv_status consume(struct pipeline *pipeline, struct pv_error *error)
{
    enum pv_status status = pv_kafka_consumer_subscribe(pipeline->consumer, error);

    if (status != PV_OK)
        return status;
    status = loop(pipeline, error);
    pv_flush_all(&pipeline->flush, STOP_WAIT_MS);
    for (size_t i = 0; i < pipeline->intake.partitions.count; i++)
        pv_waiting_end(&pipeline->waiting, &pipeline->intake.partitions.items[i]);
    report_offsets(pipeline, true);
    if (status == PV_OK && pipeline->context.by_events && pipeline->options->exit_at_end)
        status = pv_facts_sweep_buckets(pipeline->redis, pipeline->options->redis.prefix, error);
    return status;
}

enum pv_status pv_pipeline_run(const struct pv_pipeline_config *config, struct pv_error *error)
{
    const struct pv_aggregator_options *options = config->options;
    size_t max_cells = (size_t)options->max_batch_articles;
    struct pipeline pipeline = {
        .config = config,
        .options = options,
        .intake = {.pool = {.max_cells = max_cells, .max = PV_BATCHES_FOR(0)},
                   .rejects = config->rejects,
                   .metrics = config->metrics,
                   .visits = config->visits,
                   .repeat_budget = {.max_pairs = (size_t)options->dedupe_memory}},
        .context = {.prefix = options->redis.prefix,
                    .facts_prefix = config->live_prefix,
                    .topic = options->kafka.topic,
                    .retention = &options->retention,
                    .by_events = options->clock == PV_CLOCK_EVENT,
                    .max_new_articles = options->max_new_articles},
    };
    const struct pv_kafka_consumer_handlers handlers = {
        on_message, on_end, on_assigned, on_revoked, on_offset_missing, &pipeline,
    };
    const struct pv_committer_config committer = {
        &options->redis, &pipeline.context, config->clock,
        max_cells,       config->rejects,   config->metrics,
    };
    enum pv_status status = open_pipeline(&pipeline, &handlers, &committer, error);

    if (status == PV_OK)
        status = prepare(&pipeline, error);
    if (status == PV_OK && !pv_stop_requested())
        status = consume(&pipeline, error);
    close_pipeline(&pipeline);
    return status;
}
