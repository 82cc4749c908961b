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
    return true;
}

void pv_intake_seal(struct pv_intake *intake, struct pv_partition *partition)
{
    pv_committer_submit(intake->committer, partition->open);
    partition->open = NULL;
    partition->in_flight++;
}

void pv_intake_void(struct pv_intake *intake, struct pv_partition *partition)
{
    if (partition->open != NULL)
        pv_batch_pool_give(&intake->pool, partition->open);
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
    if (!pv_kafka_rejects_send(intake->rejects, message, reason))
        return false;
    partition->open->rejected++;
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
    if (add_event(partition->open, offset, event, reason))
        return true;
    pv_intake_seal(intake, partition); /* it is full */
    return pv_intake_open(intake, partition) && add_event(partition->open, offset, event, reason);
}

bool pv_intake_message(struct pv_intake *intake, const struct pv_kafka_message *message)
{
    struct pv_partition *partition;
    struct pv_event event;
    enum pv_reason reason;
    bool counted;

    if ((size_t)message->partition >= intake->partitions.count)
        return true;
    partition = &intake->partitions.items[message->partition];
    if (!partition->assigned || partition->needs_seek)
        return true; /* it is fetched again once the partition is counted */
    if (message->offset < partition->next) {
        pv_metric_add(&intake->metrics->replayed, 1);
        return true;
    }
    if (!pv_intake_open(intake, partition))
        return false;
    reason = pv_event_json_parse(intake->parser, message->value, message->value_length,
                                 message->timestamp_ms, intake->now_ms, &event);
    if (reason != PV_REASON_NONE) {
        counted = count_rejected(intake, partition, message, reason);
    } else {
        reason = pv_reason_of_agent(event.agent);
        counted = count_event(intake, partition, message->offset, &event, reason);
    }
    if (!counted)
        return false;
    partition->next = message->offset + 1;
    pv_metric_add(&intake->metrics->events, 1);
    pv_metric_add(
        reason == PV_REASON_NONE ? &intake->metrics->views : &intake->metrics->filtered[reason], 1);
    return true;
}
