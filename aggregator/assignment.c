#include "aggregator/assignment.h"

#include <stdlib.h>

#include "pageview/clock.h"
#include "pageview/log.h"

void pv_assignment_clean_up(struct pv_assignment *assignment)
{
    free(assignment->granted);
    assignment->granted = NULL;
}

static void set_gauge(struct pv_assignment *assignment, size_t assigned)
{
    struct pv_partitions *partitions = &assignment->intake->partitions;

    pv_metric_add(&assignment->metrics->partitions,
                  (int64_t)assigned - (int64_t)partitions->assigned);
    partitions->assigned = assigned;
}

static void void_all(struct pv_assignment *assignment)
{
    struct pv_partitions *partitions = &assignment->intake->partitions;

    for (size_t i = 0; i < partitions->count; i++) {
        pv_intake_void(assignment->intake, &partitions->items[i]);
        partitions->items[i].assigned = false;
    }
    set_gauge(assignment, 0);
}

void pv_assignment_grant(struct pv_assignment *assignment, const int32_t *partitions, size_t count)
{
    struct pv_error error;

    free(assignment->granted);
    assignment->granted = malloc((count + 1) * sizeof *assignment->granted);
    assignment->granted_count = assignment->granted != NULL ? count : 0;
    for (size_t i = 0; i < assignment->granted_count; i++)
        assignment->granted[i] = partitions[i];
    assignment->start_pending = true;
    assignment->retry_at_ms = 0;
    if (pv_kafka_consumer_start(assignment->consumer, NULL, NULL, 0, &error) != PV_OK)
        pv_log(PV_LOG_WARN, "assign_failed", PV_TEXT("error", error.text));
}

void pv_assignment_revoke(struct pv_assignment *assignment)
{
    void_all(assignment);
    pv_assignment_clean_up(assignment);
    assignment->start_pending = false;
}

void pv_assignment_restart(struct pv_assignment *assignment)
{
    if (assignment->granted == NULL)
        return; /* the group has taken them back meanwhile */
    void_all(assignment);
    assignment->start_pending = true;
}

/* Where to fetch a partition whose counts stand at `stored`; `*high` is where its log ends. */
static enum pv_status choose_start(struct pv_assignment *assignment, int32_t id, int64_t stored,
                                   int64_t *offset, int64_t *high, struct pv_error *error)
{
    int64_t low;
    enum pv_status status =
        pv_kafka_consumer_watermarks(assignment->consumer, id, &low, high, error);

    if (status != PV_OK)
        return status;
    *offset = stored == PV_OFFSET_NONE || stored < low ? low : stored;
    if (*offset > *high)
        return pv_error_set(error, PV_LOST,
                            "topic %s, partition %d: Redis has counted up to offset %lld, but the "
                            "log ends at %lld: was the topic recreated? use another --prefix for "
                            "the new topic, or restore the old one",
                            assignment->options->kafka.topic, id, (long long)stored,
                            (long long)*high);
    return PV_OK;
}

/* Counts the partition from `stored` on; it is fetched from `offset`. */
static void begin_partition(struct pv_assignment *assignment, int32_t id, int64_t stored,
                            int64_t offset)
{
    if (stored != PV_OFFSET_NONE && stored < offset) {
        pv_log(PV_LOG_ERROR, "offset_below_log_start", PV_NUMBER("partition", id),
               PV_NUMBER("stored", stored), PV_NUMBER("log_start", offset),
               PV_TEXT("advice", "Kafka deleted events before they were counted: raise "
                                 "retention.ms of the topic; going on from the log's start"));
        pv_metric_add(&assignment->metrics->offset_below_log_start, offset - stored);
    }
    pv_partition_begin(&assignment->intake->partitions.items[id], stored,
                       assignment->intake->monotonic_ms);
}

static enum pv_status start_at(struct pv_assignment *assignment, int64_t *stored, int64_t *offsets,
                               struct pv_error *error)
{
    const struct pv_aggregator_options *options = assignment->options;
    struct pv_partitions *partitions = &assignment->intake->partitions;
    size_t count = assignment->granted_count;
    enum pv_status status =
        pv_facts_read_offsets(assignment->redis, options->redis.prefix, options->kafka.topic,
                              assignment->granted, count, stored, error);

    for (size_t i = 0; i < count && status == PV_OK; i++) {
        int32_t id = assignment->granted[i];

        status = pv_partitions_grow(partitions, (size_t)id + 1, error);
        if (status == PV_OK)
            status = choose_start(assignment, id, stored[i], &offsets[i],
                                  &partitions->items[id].goal, error);
    }
    if (status == PV_OK)
        status = pv_kafka_consumer_start(assignment->consumer, assignment->granted, offsets, count,
                                         error);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        begin_partition(assignment, assignment->granted[i], stored[i], offsets[i]);
    return status;
}

static enum pv_status start(struct pv_assignment *assignment, struct pv_error *error)
{
    int64_t *stored = calloc(assignment->granted_count + 1, sizeof *stored);
    int64_t *offsets = calloc(assignment->granted_count + 1, sizeof *offsets);
    enum pv_status status = stored != NULL && offsets != NULL
                                ? start_at(assignment, stored, offsets, error)
                                : pv_error_nomem(error, "an assignment");

    free(stored);
    free(offsets);
    if (status != PV_OK)
        return status;
    assignment->start_pending = false;
    set_gauge(assignment, assignment->granted_count);
    assignment->intake->pool.max = PV_BATCHES_FOR(assignment->granted_count);
    pv_metric_set(&assignment->metrics->redis_up, 1);
    pv_log(PV_LOG_INFO, "assigned", PV_NUMBER("partitions", assignment->granted_count));
    return PV_OK;
}

static enum pv_status seek(struct pv_assignment *assignment, struct pv_partition *partition,
                           struct pv_error *error)
{
    int64_t stored = partition->committed, offset, high;
    enum pv_status status = PV_OK;

    if (stored == PV_OFFSET_NONE) /* Redis was emptied: say again whose counts these are */
        status = pv_facts_claim(assignment->redis, assignment->options->redis.prefix,
                                &assignment->origin, error);
    if (status == PV_OK)
        status = choose_start(assignment, partition->id, stored, &offset, &high, error);
    if (status == PV_OK)
        status = pv_kafka_consumer_seek(assignment->consumer, partition->id, offset, error);
    if (status == PV_OK)
        begin_partition(assignment, partition->id, stored, offset);
    return status;
}

static enum pv_status seek_all(struct pv_assignment *assignment, struct pv_error *error)
{
    struct pv_partitions *partitions = &assignment->intake->partitions;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < partitions->count && status == PV_OK; i++)
        if (partitions->items[i].assigned && partitions->items[i].needs_seek)
            status = seek(assignment, &partitions->items[i], error);
    return status;
}

enum pv_status pv_assignment_serve(struct pv_assignment *assignment, struct pv_error *error)
{
    enum pv_status status;
    int64_t retry_ms;

    if (pv_monotonic_ms() < assignment->retry_at_ms)
        return PV_OK;
    status = assignment->start_pending ? start(assignment, error) : seek_all(assignment, error);
    if (status == PV_OK) {
        assignment->backoff = (struct pv_backoff){0};
        return PV_OK;
    }
    if (status != PV_UNAVAILABLE && status != PV_REFUSED)
        return status;
    retry_ms = pv_backoff_next_ms(&assignment->backoff);
    assignment->retry_at_ms = pv_monotonic_ms() + retry_ms;
    pv_log(PV_LOG_WARN, "start_postponed", PV_TEXT("error", error->text),
           PV_NUMBER("retry_ms", retry_ms));
    return PV_OK;
}

bool pv_assignment_is_at_end(const struct pv_assignment *assignment)
{
    const struct pv_partitions *partitions = &assignment->intake->partitions;

    if (assignment->start_pending || assignment->granted == NULL)
        return false;
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].assigned &&
            (partitions->items[i].needs_seek ||
             partitions->items[i].committed < partitions->items[i].goal))
            return false;
    return true;
}
