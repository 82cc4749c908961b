#include "aggregator/intake.h"

#include "pageview/bucket.h"
#include "pageview/log.h"

bool pv_intake_open(struct pv_intake *intake, struct pv_partition *partition)
{
    if (partition->open != NULL)
        return true;
    partition->open = pv_batch_pool_take(&intake->pool);
    if (partition->open == NULL)
        return false;
    pv_batch_open(partition->open, partition->id, partition->next, intake->monotonic_ms);
    partition->open->epoch = partition->epoch;
    partition->open->origin = partition->origin;
    return true;
}

void pv_intake_seal(struct pv_intake *intake, struct pv_partition *partition)
{
    struct pv_batch *batch = partition->open;

    pv_batch_facts_sort(&batch->facts);
    if (batch->facts.visit_count > 0) {
        partition->visits_wait = partition->visits_wait || pv_partition_is_behind(partition, batch);
        batch->visits_wait = partition->visits_wait;
    }
    if (partition->repeats != NULL)
        batch->repeats_from = pv_repeat_memory_first_offset(partition->repeats, batch->to);
    pv_committer_submit(intake->committer, batch);
    partition->open = NULL;
    partition->in_flight++;
}

void pv_intake_void(struct pv_intake *intake, struct pv_partition *partition)
{
    if (partition->open != NULL)
        pv_batch_pool_give(&intake->pool, partition->open);
    if (partition->open != NULL || partition->in_flight > 0)
        pv_event_facts_forget(&intake->facts);
    partition->open = NULL;
    partition->epoch++;
    partition->in_flight = 0;
}

static void on_stale(struct pv_intake *intake, struct pv_partition *partition,
                     const struct pv_batch *batch)
{
    pv_log(PV_LOG_WARN, "stale", PV_NUMBER("partition", batch->partition),
           PV_NUMBER("expected", batch->from), PV_NUMBER("stored", batch->stored),
           PV_TEXT("why", "Redis stands at another offset: going on from there"));
    pv_intake_void(intake, partition);
    pv_event_facts_forget(&intake->facts);
    partition->committed = batch->stored;
    partition->needs_seek = true;
}

size_t pv_intake_collect(struct pv_intake *intake, int timeout_ms)
{
    size_t count = 0;

    for (struct pv_batch *batch;
         (batch = pv_committer_next_result(intake->committer, count == 0 ? timeout_ms : 0)) != NULL;
         count++) {
        struct pv_partition *partition = &intake->partitions.items[batch->partition];

        if (batch->epoch == partition->epoch) {
            partition->in_flight--;
            partition->verified_ms = intake->monotonic_ms;
            if (batch->stale)
                on_stale(intake, partition, batch);
            else
                partition->committed = batch->to;
            partition->waiting += !batch->stale && batch->visits_wait;
        }
        pv_batch_pool_give(&intake->pool, batch);
    }
    return count;
}

/* The day a rejected event is counted on: it has no time of its own that can be trusted. */
static int64_t rejected_ts_ms(const struct pv_intake *intake,
                              const struct pv_kafka_message *message)
{
    if (message->timestamp_ms < 0 || message->timestamp_ms > intake->now_ms + PV_FUTURE_MS)
        return intake->now_ms;
    return message->timestamp_ms;
}

static bool count_rejected(struct pv_intake *intake, struct pv_partition *partition,
                           const struct pv_kafka_message *message, enum pv_reason reason)
{
    if (!pv_batch_has_filtered_room(partition->open)) {
        pv_intake_seal(intake, partition);
        if (!pv_intake_open(intake, partition))
            return false;
    }
    if (intake->rejects != NULL) {
        if (!pv_kafka_rejects_send(intake->rejects, message, reason))
            return false;
        partition->open->rejected++;
    }
    return pv_batch_add_filtered(partition->open, message->offset, reason,
                                 rejected_ts_ms(intake, message));
}

static bool add_event(struct pv_batch *batch, int64_t offset, const struct pv_event *event,
                      enum pv_reason reason)
{
    return reason == PV_REASON_NONE ? pv_batch_add_view(batch, offset, event->article, event->ts_ms)
                                    : pv_batch_add_filtered(batch, offset, reason, event->ts_ms);
}

static bool count_event(struct pv_intake *intake, struct pv_partition *partition, int64_t offset,
                        const struct pv_event *event, enum pv_reason reason)
{
    if (pv_batch_facts_has_room(&partition->open->facts) &&
        add_event(partition->open, offset, event, reason))
        return true;
    pv_intake_seal(intake, partition); /* it is full */
    return pv_intake_open(intake, partition) && add_event(partition->open, offset, event, reason);
}

/* A view by a visitor that has a name, so that a later one can be its repeat. */
static bool can_repeat(const struct pv_partition *partition, const struct pv_event *event)
{
    return partition->repeats != NULL && event->agent == PV_AGENT_USER && event->visitor.length > 0;
}

/* `key` is that of the event if it can repeat. */
static void remember(struct pv_intake *intake, struct pv_partition *partition,
                     const struct pv_event *event, struct pv_repeat_key key, int64_t offset)
{
    if (!can_repeat(partition, event)) {
        if (partition->repeats != NULL)
            pv_repeat_memory_see(partition->repeats, event->ts_ms);
        return;
    }
    pv_metric_add(
        &intake->metrics->repeats_forgotten,
        (int64_t)pv_repeat_memory_remember(partition->repeats, key, event->ts_ms, offset));
}

static enum pv_reason judge(const struct pv_partition *partition, const struct pv_event *event,
                            struct pv_repeat_key key)
{
    if (can_repeat(partition, event) && pv_repeat_memory_has(partition->repeats, key, event->ts_ms))
        return PV_REASON_repeat;
    return pv_reason_of_agent(event->agent);
}

static struct pv_repeat_key key_of(const struct pv_partition *partition,
                                   const struct pv_event *event)
{
    return can_repeat(partition, event) ? pv_repeat_key_of(event->article, event->visitor)
                                        : (struct pv_repeat_key){0, 0};
}

/* Counts a valid event; `*reason` says as what. */
static bool count_valid(struct pv_intake *intake, struct pv_partition *partition, int64_t offset,
                        const struct pv_event *event, enum pv_reason *reason)
{
    struct pv_repeat_key key = key_of(partition, event);

    *reason = judge(partition, event, key);
    if (!count_event(intake, partition, offset, event, *reason))
        return false;
    if (event->ts_ms > partition->open->watermark_ms)
        partition->open->watermark_ms = event->ts_ms;
    remember(intake, partition, event, key, offset);
    if (*reason == PV_REASON_NONE &&
        !pv_event_facts_note(&intake->facts, partition->open, event, offset))
        pv_metric_add(&intake->metrics->facts_refused, 1);
    if (*reason == PV_REASON_NONE && intake->visits != NULL)
        pv_visit_feed_note(intake->visits, event, intake->visits_now_ms);
    return true;
}

/* An event that is in the counts: it may be read again for the memory of repeats. Whether it was
 * ahead of the clock then is not for the clock of now to say: it was if it is above the stored
 * watermark (docs/delivery.md has the exception). */
static void pass_over(struct pv_intake *intake, struct pv_partition *partition,
                      const struct pv_kafka_message *message)
{
    const struct pv_read_event *read;

    pv_metric_add(&intake->metrics->replayed, 1);
    if (partition->repeats == NULL || message->offset >= partition->counted)
        return;
    read = pv_event_reader_read(&intake->reader, message, PV_TIME_LIMIT_MS);
    if (read->reason == PV_REASON_NONE &&
        read->event.ts_ms <= pv_repeat_memory_watermark_ms(partition->repeats))
        remember(intake, partition, &read->event, key_of(partition, &read->event), message->offset);
}

/* The partition of a message that is to be counted, or NULL. */
static struct pv_partition *partition_of(struct pv_intake *intake,
                                         const struct pv_kafka_message *message)
{
    struct pv_partition *partition;

    if ((size_t)message->partition >= intake->partitions.count)
        return NULL;
    partition = &intake->partitions.items[message->partition];
    return partition->assigned && !partition->needs_seek ? partition : NULL;
}

/* Reads the next message, and has all fetched from memory that its event will be looked up in. */
static void prepare(struct pv_intake *intake, const struct pv_kafka_message *next)
{
    const struct pv_partition *partition = partition_of(intake, next);
    const struct pv_read_event *read;

    if (partition == NULL || next->offset < partition->next || partition->open == NULL)
        return;
    read = pv_event_reader_read_ahead(&intake->reader, next, intake->now_ms);
    if (read->reason != PV_REASON_NONE)
        return;
    if (can_repeat(partition, &read->event))
        pv_repeat_memory_prefetch(partition->repeats, key_of(partition, &read->event));
    pv_event_facts_prefetch(&intake->facts, pv_batch_prefetch(partition->open, read->event.article),
                            &read->event);
}

bool pv_intake_message(struct pv_intake *intake, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    struct pv_partition *partition = partition_of(intake, message);
    const struct pv_read_event *read;
    enum pv_reason reason;
    bool counted;

    pv_event_reader_begin(&intake->reader, message);
    if (partition == NULL)
        return true; /* it is fetched again once the partition is counted */
    if (message->offset < partition->next) {
        pass_over(intake, partition, message);
        return true;
    }
    if (!pv_intake_open(intake, partition))
        return false;
    read = pv_event_reader_read(&intake->reader, message, intake->now_ms);
    reason = read->reason;
    if (next != NULL)
        prepare(intake, next);
    if (reason != PV_REASON_NONE) {
        counted = count_rejected(intake, partition, message, reason);
    } else {
        counted = count_valid(intake, partition, message->offset, &read->event, &reason);
    }
    if (!counted)
        return false;
    partition->next = message->offset + 1;
    pv_metric_add(&intake->metrics->events, 1);
    pv_metric_add(
        reason == PV_REASON_NONE ? &intake->metrics->views : &intake->metrics->filtered[reason], 1);
    return true;
}
