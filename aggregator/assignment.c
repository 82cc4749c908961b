#include "aggregator/assignment.h"

#include <stdlib.h>

#include "pageview/clock.h"
#include "pageview/log.h"

void pv_assignment_clean_up(struct pv_assignment *assignment)
{
    free(assignment->granted);
    assignment->granted = NULL;
}

static void set_gauges(struct pv_assignment *assignment, bool started, size_t assigned)
{
    struct pv_partitions *partitions = &assignment->intake->partitions;

    pv_metric_add(&assignment->metrics->started, started - assignment->started);
    assignment->started = started;
    pv_metric_add(&assignment->metrics->partitions,
                  (int64_t)assigned - (int64_t)partitions->assigned);
    partitions->assigned = assigned;
}

static void void_all(struct pv_assignment *assignment)
{
    struct pv_partitions *partitions = &assignment->intake->partitions;

    for (size_t i = 0; i < partitions->count; i++) {
        pv_intake_void(assignment->intake, &partitions->items[i]);
        if (partitions->items[i].repeats != NULL)
            pv_repeat_memory_begin(partitions->items[i].repeats, PV_WATERMARK_NONE);
        partitions->items[i].assigned = false;
    }
    set_gauges(assignment, false, 0);
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

/* Where to count a partition on whose counts stand at `stored`, and the bounds of its log. */
static enum pv_status choose_start(struct pv_assignment *assignment, int32_t id, int64_t stored,
                                   int64_t *offset, int64_t *low, int64_t *high,
                                   struct pv_error *error)
{
    enum pv_status status =
        pv_kafka_consumer_watermarks(assignment->consumer, id, low, high, error);

    if (status != PV_OK)
        return status;
    *offset = stored == PV_OFFSET_NONE || stored < *low ? *low : stored;
    if (*offset > *high)
        return pv_error_set(error, PV_LOST,
                            "topic %s, partition %d: Redis has counted up to offset %lld, but the "
                            "log ends at %lld: was the topic recreated? use another --prefix for "
                            "the new topic, or restore the old one",
                            assignment->options->kafka.topic, id, (long long)stored,
                            (long long)*high);
    return PV_OK;
}

/* Where a partition is counted on from, and fetched from: earlier, where the memory of repeats is
 * to be made again. */
struct start {
    struct pv_facts_place place;
    int64_t offset, fetch, high;
};

static enum pv_status choose_fetch(struct pv_assignment *assignment, int32_t id,
                                   struct start *start, struct pv_error *error)
{
    int64_t low;
    enum pv_status status =
        choose_start(assignment, id, start->place.next, &start->offset, &low, &start->high, error);

    start->fetch = start->offset;
    if (status != PV_OK || assignment->options->dedupe_ms == 0 ||
        start->place.repeats_from == PV_OFFSET_NONE)
        return status;
    if (start->place.repeats_from < start->fetch)
        start->fetch = start->place.repeats_from;
    if (start->fetch < low) {
        pv_log(PV_LOG_WARN, "repeats_below_log_start", PV_NUMBER("partition", id),
               PV_NUMBER("wanted", start->fetch), PV_NUMBER("log_start", low),
               PV_TEXT("advice", "Kafka deleted events within the window of --dedupe: raise "
                                 "retention.ms of the topic; some repeats count as views"));
        start->fetch = low;
    }
    return PV_OK;
}

/* A rebuild must find in the log what the live counts began with. */
static enum pv_status check_loss(struct pv_assignment *assignment, int32_t id,
                                 const struct start *start, struct pv_error *error)
{
    const struct pv_aggregator_options *options = assignment->options;
    struct pv_facts_place live;
    enum pv_status status;
    int64_t origin;

    if (assignment->live_prefix == NULL || options->accept_loss)
        return PV_OK;
    status = pv_facts_read_places(assignment->redis, assignment->live_prefix, options->kafka.topic,
                                  &id, 1, &live, error);
    if (status != PV_OK || live.next == PV_OFFSET_NONE)
        return status;
    origin = live.origin == PV_OFFSET_NONE ? 0 : live.origin;
    if (start->offset > origin && start->place.next == PV_OFFSET_NONE)
        return pv_error_set(error, PV_INVALID,
                            "topic %s, partition %d: the counts begin at offset %lld, the log at "
                            "%lld: Kafka has deleted events that are counted. --accept-loss takes "
                            "the smaller counts",
                            options->kafka.topic, id, (long long)origin, (long long)start->offset);
    return PV_OK;
}

static void log_below_start(struct pv_assignment *assignment, int32_t id, const struct start *start)
{
    int64_t stored = start->place.next;

    if (stored == PV_OFFSET_NONE || stored >= start->offset)
        return;
    pv_log(PV_LOG_ERROR, "offset_below_log_start", PV_NUMBER("partition", id),
           PV_NUMBER("stored", stored), PV_NUMBER("log_start", start->offset),
           PV_TEXT("advice", "Kafka deleted events before they were counted: raise "
                             "retention.ms of the topic; going on from the log's start"));
    pv_metric_add(&assignment->metrics->offset_below_log_start, start->offset - stored);
}

static enum pv_status begin_partition(struct pv_assignment *assignment, int32_t id,
                                      const struct start *start, struct pv_error *error)
{
    const struct pv_aggregator_options *options = assignment->options;
    struct pv_partition *partition = &assignment->intake->partitions.items[id];
    enum pv_status status = PV_OK;

    log_below_start(assignment, id, start);
    if (options->dedupe_ms > 0 && partition->repeats == NULL)
        status = pv_repeat_memory_new(options->dedupe_ms, &assignment->intake->repeat_budget,
                                      &partition->repeats, error);
    if (status != PV_OK)
        return status;
    if (partition->repeats != NULL)
        pv_repeat_memory_begin(partition->repeats, start->place.watermark_ms);
    pv_partition_begin(partition, start->place.next, assignment->intake->monotonic_ms);
    partition->origin = start->offset;
    partition->high = start->high;
    return PV_OK;
}

static enum pv_status start_at(struct pv_assignment *assignment, struct start *starts,
                               struct pv_facts_place *places, int64_t *fetches,
                               struct pv_error *error)
{
    const struct pv_aggregator_options *options = assignment->options;
    struct pv_partitions *partitions = &assignment->intake->partitions;
    size_t count = assignment->granted_count;
    enum pv_status status =
        pv_facts_read_places(assignment->redis, options->redis.prefix, options->kafka.topic,
                             assignment->granted, count, places, error);

    for (size_t i = 0; i < count && status == PV_OK; i++) {
        int32_t id = assignment->granted[i];

        starts[i].place = places[i];
        status = pv_partitions_grow(partitions, (size_t)id + 1, error);
        if (status == PV_OK)
            status = choose_fetch(assignment, id, &starts[i], error);
        if (status == PV_OK)
            status = check_loss(assignment, id, &starts[i], error);
        if (status != PV_OK)
            return status;
        fetches[i] = starts[i].fetch;
        partitions->items[id].goal = starts[i].high;
    }
    if (status == PV_OK)
        status = pv_kafka_consumer_start(assignment->consumer, assignment->granted, fetches, count,
                                         error);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        status = begin_partition(assignment, assignment->granted[i], &starts[i], error);
    return status;
}

static enum pv_status start(struct pv_assignment *assignment, struct pv_error *error)
{
    size_t count = assignment->granted_count + 1;
    struct start *starts = calloc(count, sizeof *starts);
    struct pv_facts_place *places = calloc(count, sizeof *places);
    int64_t *fetches = calloc(count, sizeof *fetches);
    enum pv_status status = starts != NULL && places != NULL && fetches != NULL
                                ? start_at(assignment, starts, places, fetches, error)
                                : pv_error_nomem(error, "an assignment");

    free(starts);
    free(places);
    free(fetches);
    /* What was told of these partitions before may be gone from Redis. */
    pv_event_facts_forget(&assignment->intake->facts);
    if (status != PV_OK)
        return status;
    assignment->start_pending = false;
    set_gauges(assignment, true, assignment->granted_count);
    assignment->intake->pool.max = PV_BATCHES_FOR(assignment->granted_count);
    pv_metric_set(&assignment->metrics->redis_up, 1);
    pv_log(PV_LOG_INFO, "assigned", PV_NUMBER("partitions", assignment->granted_count));
    return PV_OK;
}

static enum pv_status seek(struct pv_assignment *assignment, struct pv_partition *partition,
                           struct pv_error *error)
{
    const struct pv_aggregator_options *options = assignment->options;
    struct start start;
    enum pv_status status = PV_OK;

    if (partition->committed == PV_OFFSET_NONE) /* Redis was emptied: say again whose counts */
        status =
            pv_facts_claim(assignment->redis, options->redis.prefix, &assignment->origin, error);
    if (status == PV_OK)
        status = pv_facts_read_places(assignment->redis, options->redis.prefix,
                                      options->kafka.topic, &partition->id, 1, &start.place, error);
    if (status == PV_OK)
        status = choose_fetch(assignment, partition->id, &start, error);
    if (status != PV_OK)
        return status;
    status = pv_kafka_consumer_seek(assignment->consumer, partition->id, start.fetch, error);
    if (status != PV_OK) { /* librdkafka has stopped it, and seeks only what it fetches */
        pv_assignment_restart(assignment);
        return status;
    }
    return begin_partition(assignment, partition->id, &start, error);
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

bool pv_assignment_is_counted(const struct pv_assignment *assignment)
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

bool pv_assignment_is_at_end(const struct pv_assignment *assignment)
{
    const struct pv_partitions *partitions = &assignment->intake->partitions;

    if (!pv_assignment_is_counted(assignment))
        return false;
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].assigned && partitions->items[i].waiting > 0)
            return false;
    return true;
}
