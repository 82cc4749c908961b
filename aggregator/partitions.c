#include "aggregator/partitions.h"

#include <stdlib.h>
#include <string.h>

enum { FAR_BEHIND = 10000 }; /* events */

enum pv_status pv_partitions_grow(struct pv_partitions *partitions, size_t count,
                                  struct pv_error *error)
{
    struct pv_partition *items;

    if (count <= partitions->count)
        return PV_OK;
    items = realloc(partitions->items, count * sizeof *items);
    if (items == NULL)
        return pv_error_nomem(error, "partitions");
    memset(items + partitions->count, 0, (count - partitions->count) * sizeof *items);
    for (size_t i = partitions->count; i < count; i++)
        items[i].id = (int32_t)i;
    partitions->items = items;
    partitions->count = count;
    return PV_OK;
}

void pv_partitions_clean_up(struct pv_partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++)
        pv_repeat_memory_destroy(partitions->items[i].repeats);
    free(partitions->items);
    *partitions = (struct pv_partitions){0};
}

void pv_partition_begin(struct pv_partition *partition, int64_t committed, int64_t now_ms)
{
    partition->assigned = true;
    partition->needs_seek = false;
    partition->epoch++;
    partition->next = partition->committed = committed;
    partition->reported = committed;
    partition->log_end = PV_OFFSET_NONE;
    partition->verified_ms = now_ms;
    partition->in_flight = 0;
    partition->origin = PV_OFFSET_NONE;
    partition->counted = committed;
    partition->idle_told = false;
    partition->caught_up_ms = 0;
    partition->visits_wait = false;
    partition->waiting = 1; /* whoever had it before may have left some */
}

bool pv_partition_reaches(const struct pv_partition *partition, int64_t offset, int64_t end)
{
    return (offset == PV_OFFSET_NONE ? partition->origin : offset) >= end;
}

bool pv_partition_is_behind(const struct pv_partition *partition, const struct pv_batch *batch)
{
    return partition->high - batch->to > batch->events;
}

bool pv_partition_is_far_behind(const struct pv_partition *partition)
{
    return partition->high - partition->committed >= FAR_BEHIND;
}

bool pv_partition_is_settled(const struct pv_partition *partition)
{
    return partition->open == NULL && partition->in_flight == 0;
}
