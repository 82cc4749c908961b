#include "aggregator/waiting_turns.h"

#include "aggregator/facts.h"
#include "aggregator/waiting_visits.h"
#include "pageview/log.h"

/* Visits that are still with the committer come into the next round. */
static bool is_due(const struct pv_waiting_turns *turns, const struct pv_partition *partition)
{
    if (partition->waiting == 0)
        return false;
    if (partition->waiting >= PV_WAITING_VALUES_MAX)
        return true;
    return turns->exit_at_end ? turns->counted
                              : partition->in_flight == 0 && !pv_partition_is_far_behind(partition);
}

static void note_result(struct pv_waiting_turns *turns, const struct pv_waiting_result *result)
{
    pv_metric_add(&turns->metrics->facts_refused, result->refused + (int64_t)result->unreadable);
    if (result->refused > 0 || result->unreadable > 0)
        pv_log(PV_LOG_WARN, "facts_refused", PV_NUMBER("facts", result->refused),
               PV_NUMBER("unreadable", result->unreadable), PV_TEXT("error", result->why));
}

static enum pv_status merge(struct pv_waiting_turns *turns, struct pv_partition *partition,
                            struct pv_error *error)
{
    int64_t wall_ms = pv_clock_now_ms(turns->clock);
    struct pv_commit_time time = {
        turns->context->by_events ? pv_metric_get(&turns->metrics->event_clock_ms) : wall_ms,
        wall_ms};
    struct pv_waiting_result result;
    struct pv_error why;
    enum pv_status status =
        pv_waiting_visits_merge(turns->redis, turns->context, &time, partition->id, &result, error);

    if (status == PV_REFUSED && pv_facts_load_library(turns->redis, &why) != PV_OK)
        pv_log(PV_LOG_WARN, "library_not_loaded", PV_TEXT("error", why.text));
    if (status != PV_OK)
        return status;
    partition->waiting = 0;
    partition->visits_wait = partition->visits_wait && partition->in_flight > 0;
    note_result(turns, &result);
    return PV_OK;
}

void pv_waiting_turn(struct pv_waiting_turns *turns, struct pv_partition *partition,
                     int64_t monotonic_ms)
{
    struct pv_error error;
    int64_t retry_ms;

    if (monotonic_ms < turns->retry_at_ms || !is_due(turns, partition))
        return;
    if (merge(turns, partition, &error) == PV_OK) {
        turns->backoff = (struct pv_backoff){0};
        return;
    }
    retry_ms = pv_backoff_next_ms(&turns->backoff);
    turns->retry_at_ms = monotonic_ms + retry_ms;
    pv_log(PV_LOG_WARN, "visits_postponed", PV_NUMBER("partition", partition->id),
           PV_TEXT("error", error.text), PV_NUMBER("retry_ms", retry_ms));
}

void pv_waiting_end(struct pv_waiting_turns *turns, struct pv_partition *partition)
{
    struct pv_error error;

    if (partition->assigned && partition->waiting > 0 && merge(turns, partition, &error) != PV_OK)
        pv_log(PV_LOG_INFO, "visits_left", PV_NUMBER("partition", partition->id),
               PV_TEXT("error", error.text));
}
