#include "aggregator/flush.h"

enum {
    WAIT_MS = 100,       /* for the committer, before the next look at the time */
    CATCH_UP_FACTOR = 4, /* times --flush-interval, while much is waiting in the log */
    VERIFY_MS = 3000,    /* an idle partition's offset is compared this often */
};

/* True when everything that the log has is below `offset`. */
static bool is_end(struct pv_flush *flush, const struct pv_partition *partition, int64_t offset)
{
    int64_t high = pv_kafka_consumer_cached_high(flush->consumer, partition->id);

    if (high < 0)
        high = partition->log_end;
    return high >= 0 && pv_partition_reaches(partition, offset, high);
}

static void seal(struct pv_flush *flush, struct pv_partition *partition)
{
    partition->open->idle = is_end(flush, partition, partition->open->to);
    partition->idle_told = partition->open->idle;
    if (partition->open->to == partition->open->from)
        partition->open->caught_up_ms = partition->caught_up_ms;
    partition->caught_up_ms = 0;
    pv_intake_seal(flush->intake, partition);
}

/* Takes the partition's end over what has nothing to count: transaction markers. */
static void extend_to_log_end(struct pv_flush *flush, struct pv_partition *partition)
{
    if (partition->log_end <= partition->next || !pv_intake_open(flush->intake, partition))
        return;
    pv_batch_extend(partition->open, partition->log_end);
    partition->next = partition->log_end;
}

/* An empty batch asks whether the offset still stands, and says when the log was known to have
 * nothing more: by the clock of events at once, so that the other partitions do not wait for it. */
static void verify_if_idle(struct pv_flush *flush, struct pv_partition *partition)
{
    bool tell = flush->options->clock == PV_CLOCK_EVENT && !partition->idle_told &&
                is_end(flush, partition, partition->next);

    tell = tell || partition->caught_up_ms > 0;
    if (!pv_partition_is_settled(partition) ||
        (!tell && flush->intake->monotonic_ms - partition->verified_ms < VERIFY_MS) ||
        !pv_intake_open(flush->intake, partition))
        return;
    seal(flush, partition);
}

/* A batch is worth sealing when it is old enough. While the log has more waiting than the batch
 * holds, nobody sees the latest counts yet, and a larger batch costs Redis less for each event. */
static bool is_due(const struct pv_flush *flush, const struct pv_partition *partition)
{
    const struct pv_batch *batch = partition->open;
    int64_t age_ms = flush->intake->monotonic_ms - batch->opened_ms;
    int64_t interval_ms = flush->options->flush_interval_ms;

    if (batch->to == batch->from)
        return false;
    if (flush->options->exit_at_end && batch->to >= partition->goal)
        return true; /* it is the last one */
    if (age_ms < interval_ms)
        return false;
    return !pv_partition_is_behind(partition, batch) || age_ms >= CATCH_UP_FACTOR * interval_ms;
}

void pv_flush_due(struct pv_flush *flush)
{
    struct pv_intake *intake = flush->intake;

    if (flush->log_ends != NULL)
        (void)pv_log_ends_look(flush->log_ends, &intake->partitions, intake->monotonic_ms);
    for (size_t i = 0; i < intake->partitions.count; i++) {
        struct pv_partition *partition = &intake->partitions.items[i];
        int64_t high;

        if (!partition->assigned || partition->needs_seek)
            continue;
        high = pv_kafka_consumer_cached_high(flush->consumer, partition->id);
        partition->high = high > partition->high ? high : partition->high;
        extend_to_log_end(flush, partition);
        if (partition->open != NULL && is_due(flush, partition))
            seal(flush, partition);
        verify_if_idle(flush, partition);
        pv_waiting_turn(flush->waiting, partition, intake->monotonic_ms);
    }
}

void pv_flush_all(struct pv_flush *flush, int64_t timeout_ms)
{
    struct pv_intake *intake = flush->intake;
    int64_t until_ms = pv_monotonic_ms() + timeout_ms;

    for (size_t i = 0; i < intake->partitions.count; i++)
        if (intake->partitions.items[i].open != NULL)
            seal(flush, &intake->partitions.items[i]);
    while (pv_committer_pending(intake->committer) > 0 && pv_monotonic_ms() < until_ms)
        pv_intake_collect(intake, WAIT_MS);
}
