#include "aggregator/log_ends.h"

#include <stdlib.h>

#include "pageview/log.h"

enum {
    ASK_EVERY_MS = 3000,
    ANSWER_MS = 1000, /* fetching waits meanwhile */
};

void pv_log_ends_clean_up(struct pv_log_ends *ends)
{
    free(ends->ids);
    free(ends->ends);
    *ends = (struct pv_log_ends){0};
}

static enum pv_status make_room(struct pv_log_ends *ends, size_t count, struct pv_error *error)
{
    if (count <= ends->size)
        return PV_OK;
    free(ends->ids);
    free(ends->ends);
    ends->size = 0;
    ends->ids = malloc(count * sizeof *ends->ids);
    ends->ends = malloc(count * sizeof *ends->ends);
    if (ends->ids == NULL || ends->ends == NULL)
        return pv_error_nomem(error, "the logs' ends");
    ends->size = count;
    return PV_OK;
}

/* The assigned partitions; 0 when something is still to be done for one of them. */
static size_t list_settled(struct pv_log_ends *ends, const struct pv_partitions *partitions)
{
    size_t count = 0;

    for (size_t i = 0; i < partitions->count; i++) {
        const struct pv_partition *partition = &partitions->items[i];

        if (!partition->assigned)
            continue;
        if (partition->needs_seek || !pv_partition_is_settled(partition))
            return 0;
        ends->ids[count++] = partition->id;
    }
    return count;
}

void pv_log_ends_ask(struct pv_log_ends *ends, struct pv_kafka_consumer *consumer,
                     struct pv_partitions *partitions, const struct pv_clock *clock,
                     int64_t monotonic_ms)
{
    int64_t now_ms = pv_clock_now_ms(clock);
    struct pv_error error;
    enum pv_status status;
    size_t count;

    if (partitions->assigned == 0 || ends->asked_ms == 0)
        ends->asked_ms = monotonic_ms;
    if (monotonic_ms - ends->asked_ms < ASK_EVERY_MS)
        return;
    status = make_room(ends, partitions->count, &error);
    if (status == PV_OK) {
        count = list_settled(ends, partitions);
        if (count == 0)
            return;
        status = pv_kafka_consumer_ends(consumer, ends->ids, count, ANSWER_MS, ends->ends, &error);
    }
    ends->asked_ms = monotonic_ms;
    if (status != PV_OK) {
        pv_log(PV_LOG_DEBUG, "ends_unknown", PV_TEXT("error", error.text));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct pv_partition *partition = &partitions->items[ends->ids[i]];

        if (pv_partition_reaches(partition, partition->next, ends->ends[i]))
            partition->caught_up_ms = now_ms;
    }
}
