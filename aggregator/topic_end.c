#include "aggregator/topic_end.h"

#include <stdlib.h>

#include "aggregator/facts.h"
#include "pageview/log.h"

enum { ASK_EVERY_MS = 1000, ANSWER_MS = 2000 };

void pv_topic_end_clean_up(struct pv_topic_end *end)
{
    free(end->goals);
    end->goals = NULL;
}

static enum pv_status ask_goals(struct pv_topic_end *end, const int32_t *ids, size_t count,
                                struct pv_error *error)
{
    int64_t *goals = malloc((count + 1) * sizeof *goals);
    enum pv_status status;

    if (goals == NULL)
        return pv_error_nomem(error, "the topic's end");
    status = pv_kafka_consumer_ends(end->consumer, ids, count, ANSWER_MS, goals, error);
    if (status != PV_OK) {
        free(goals);
        return status;
    }
    end->goals = goals;
    pv_log(PV_LOG_INFO, "waiting_for_others",
           PV_TEXT("why", "other members of the group have partitions that are not counted yet"));
    return PV_OK;
}

/* `*behind` becomes how many partitions are not at their goals. */
static enum pv_status ask(struct pv_topic_end *end, const int32_t *ids,
                          struct pv_facts_place *places, size_t count, size_t *behind,
                          struct pv_error *error)
{
    enum pv_status status = end->goals == NULL ? ask_goals(end, ids, count, error) : PV_OK;

    if (status == PV_OK)
        status =
            pv_facts_read_places(end->redis, end->prefix, end->topic, ids, count, places, error);
    *behind = 0;
    for (size_t i = 0; i < count && status == PV_OK; i++)
        *behind += places[i].next < end->goals[i];
    return status;
}

bool pv_topic_end_is_counted(struct pv_topic_end *end, int32_t partitions, int64_t monotonic_ms)
{
    size_t count = (size_t)partitions, behind = 0;
    int32_t *ids;
    struct pv_facts_place *places;
    struct pv_error error;
    enum pv_status status;

    if (monotonic_ms < end->ask_at_ms)
        return false;
    end->ask_at_ms = monotonic_ms + ASK_EVERY_MS;
    ids = malloc((count + 1) * sizeof *ids);
    places = malloc((count + 1) * sizeof *places);
    for (int32_t id = 0; id < partitions && ids != NULL; id++)
        ids[id] = id;
    status = ids != NULL && places != NULL ? ask(end, ids, places, count, &behind, &error)
                                           : pv_error_nomem(&error, "the topic's end");
    if (status != PV_OK)
        pv_log(PV_LOG_DEBUG, "ends_unknown", PV_TEXT("error", error.text));
    free(ids);
    free(places);
    return status == PV_OK && behind == 0;
}
