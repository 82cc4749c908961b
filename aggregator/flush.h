/* When batches are handed to the committer: the open ones that are old enough or the last, and
 * empty ones that ask whether an idle partition's offset still stands. */
#ifndef AGGREGATOR_FLUSH_H
#define AGGREGATOR_FLUSH_H

#include "aggregator/intake.h"
#include "aggregator/log_ends.h"
#include "aggregator/options.h"
#include "aggregator/waiting_turns.h"

struct pv_flush {
    /* Set by the owner, and outlive it. */
    const struct pv_aggregator_options *options;
    struct pv_kafka_consumer *consumer;
    struct pv_intake *intake;
    struct pv_waiting_turns *waiting;
    struct pv_log_ends *log_ends; /* NULL: nobody is told when a log was at its end, as these are
                                     not the counts that readers see */
};

/* Seals what is due, and merges visits that waited long enough, by the intake's clock. */
void pv_flush_due(struct pv_flush *flush);

/* Seals every open batch and waits for the committer, up to `timeout_ms`. */
void pv_flush_all(struct pv_flush *flush, int64_t timeout_ms);

#endif
