/* From a view to the facts of its batch: only what Redis does not know already. */
#ifndef AGGREGATOR_EVENT_FACTS_H
#define AGGREGATOR_EVENT_FACTS_H

#include "aggregator/batch.h"
#include "aggregator/description_filter.h"
#include "aggregator/visitor_filter.h"

struct pv_event_facts {
    struct pv_description_filter *descriptions;
    struct pv_visitor_filter *visitors; /* NULL: visitors are not counted */
    /* Hashes of HyperLogLogs whose keys have their expiry, each in one of two places; one that
     * gives way to others is told again. */
    uint64_t *expiring;
    bool is_empty; /* nothing was noted since the last time that all was forgotten */
};

enum pv_status pv_event_facts_init(struct pv_event_facts *facts, bool visitors,
                                   struct pv_error *error) PV_MUST_CHECK;
void pv_event_facts_clean_up(struct pv_event_facts *facts);

/* Fetches what pv_event_facts_note will ask about the event from memory, and does not wait for it.
 * `hash` is that of the event's article (batch.h). */
void pv_event_facts_prefetch(const struct pv_event_facts *facts, uint64_t hash,
                             const struct pv_event *event);

/* Adds the facts of a view to the batch that it was just added to, which has room for them. False
 * when memory is out: some of them are lost. */
bool pv_event_facts_note(struct pv_event_facts *facts, struct pv_batch *batch,
                         const struct pv_event *event, int64_t offset);

/* A batch is void: what was noted may not be in Redis. All is forgotten and not what was noted of
 * that batch's partition, since the memories say nothing of partitions: what the others have told
 * is told once more, which does no harm. Forgetting again and again, once a partition, costs
 * nothing. */
void pv_event_facts_forget(struct pv_event_facts *facts);

#endif
