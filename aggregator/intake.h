/* From a Kafka message to a count in the open batch of its partition. */
#ifndef AGGREGATOR_INTAKE_H
#define AGGREGATOR_INTAKE_H

#include "aggregator/aggregator_metrics.h"
#include "aggregator/also_read/visit_feed.h"
#include "aggregator/batch_pool.h"
#include "aggregator/committer.h"
#include "aggregator/event_facts.h"
#include "aggregator/event_reader.h"
#include "aggregator/kafka_consumer.h"
#include "aggregator/kafka_rejects.h"
#include "aggregator/partitions.h"

struct pv_intake {
    struct pv_partitions partitions;
    struct pv_batch_pool pool;
    struct pv_event_reader reader;
    struct pv_committer *committer;
    struct pv_kafka_rejects *rejects;
    struct pv_aggregator_metrics *metrics;
    struct pv_event_facts facts;
    struct pv_repeat_budget repeat_budget;
    /* Set by the owner before each poll: the clock of events, and that of intervals. */
    int64_t now_ms, monotonic_ms;
    struct pv_visit_feed *visits; /* NULL: co-views are not counted */
    int64_t visits_now_ms;        /* by the clock of the counts; set with those above */
};

/* Counts the message. False, with nothing changed: no batch is free, or the queue of rejected
 * events is full; offer it again. A message of a partition that is not being counted, or that is
 * counted already, is passed over. `next` may be NULL: the message that is likely to be next. */
bool pv_intake_message(struct pv_intake *intake, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next);

/* Opens a batch at the end of the partition unless one is open. False: none is free. */
bool pv_intake_open(struct pv_intake *intake, struct pv_partition *partition);

/* Hands the open batch, which exists, to the committer. */
void pv_intake_seal(struct pv_intake *intake, struct pv_partition *partition);

/* Takes back what the committer has answered, waiting up to `timeout_ms` for the first. Returns
 * how many batches came back. */
size_t pv_intake_collect(struct pv_intake *intake, int timeout_ms);

/* Makes everything of the partition that is not committed void. */
void pv_intake_void(struct pv_intake *intake, struct pv_partition *partition);

#endif
