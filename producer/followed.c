#include "producer/followed.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/log.h"
#include "producer/state_dir.h"

void pv_followed_destroy(struct pv_followed *followed)
{
    if (followed == NULL)
        return;
    if (followed->source.self != NULL)
        followed->source.kind->destroy(followed->source.self);
    free(followed->name);
    free(followed);
}

enum pv_status pv_followed_load(struct pv_followed *followed, struct pv_kafka_delivery *delivery,
                                struct pv_error *error)
{
    const struct pv_line_source_kind *kind = followed->source.kind;
    char *text = followed->committed;
    enum pv_status status = pv_kafka_delivery_position(delivery, followed->group, text,
                                                       sizeof followed->committed, error);

    if (status != PV_OK)
        return status;
    followed->has_committed = kind->is_position(text);
    if (followed->has_committed)
        return PV_OK;
    if (text[0] != '\0')
        return pv_error_set(error, PV_INVALID,
                            "the position in group %s is not of this version: \"%s\": use the "
                            "pv-producer that wrote it, or another --instance",
                            followed->group, text);
    pv_state_dir_load(followed->state_dir, followed->instance, followed->name, text,
                      sizeof followed->committed);
    followed->has_committed = kind->is_position(text);
    if (followed->has_committed)
        pv_log(PV_LOG_WARN, "position_from_state_dir", PV_TEXT("log", followed->name),
               PV_TEXT("why", "Kafka has none: a group expires a week after its last commit"));
    else if (text[0] != '\0')
        pv_log(PV_LOG_WARN, "position_unreadable", PV_TEXT("log", followed->name),
               PV_TEXT("text", text));
    return PV_OK;
}

/* A new source's start is kept like a position: when its first delivery is aborted, it is read
 * again from there, and not from what is then its start or its end. */
static void keep_start(struct pv_followed *followed)
{
    int64_t offset;

    if (followed->has_committed)
        return;
    followed->source.kind->position(followed->source.self, followed->committed, &offset);
    followed->has_committed = followed->is_new = true;
}

enum pv_status pv_followed_restart(struct pv_followed *followed, struct pv_error *error)
{
    enum pv_status status = followed->source.kind->start(
        followed->source.self, followed->has_committed ? followed->committed : NULL,
        followed->from_end, error);

    followed->taken = 0;
    if (status == PV_OK)
        keep_start(followed);
    return status;
}

enum pv_status pv_followed_set_position(struct pv_followed *followed,
                                        struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    int64_t offset;

    followed->source.kind->position(followed->source.self, followed->reached, &offset);
    return pv_kafka_delivery_set_position(delivery, followed->group, offset, followed->reached,
                                          error);
}

void pv_followed_keep_position(struct pv_followed *followed)
{
    memcpy(followed->committed, followed->reached, sizeof followed->committed);
    followed->taken = 0;
    pv_state_dir_save(followed->state_dir, followed->instance, followed->name, followed->committed);
    followed->source.kind->committed(followed->source.self, followed->committed);
}
