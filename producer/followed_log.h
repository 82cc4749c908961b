/* A log that is shipped, and the positions in it: where it starts, what is committed, and how far
 * the delivery at hand is. */
#ifndef PRODUCER_FOLLOWED_LOG_H
#define PRODUCER_FOLLOWED_LOG_H

#include "pageview/clock.h"
#include "producer/kafka_delivery.h"
#include "producer/options.h"
#include "producer/sources/log_follow.h"

struct pv_followed_log {
    const struct pv_producer_options *options;
    struct pv_log *log;
    char group[1024];   /* the consumer group that holds its position */
    bool has_committed; /* or a start that is not committed yet */
    bool is_new;        /* no position of it was found */
    struct pv_log_position committed;
    struct pv_log_position reached; /* by the delivery at hand, while it is committed */
    size_t taken;                   /* lines in the delivery at hand */
};

/* `options`, `path` and `clock` must outlive it. */
enum pv_status pv_followed_log_init(struct pv_followed_log *followed,
                                    const struct pv_producer_options *options, const char *path,
                                    const struct pv_clock *clock,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_followed_log_clean_up(struct pv_followed_log *followed);

/* Reads the position to start from: Kafka's, else the state directory's, else there is none. */
enum pv_status pv_followed_log_load(struct pv_followed_log *followed,
                                    struct pv_kafka_delivery *delivery,
                                    struct pv_error *error) PV_MUST_CHECK;

/* Lets the log go on from its committed position, or from its start. */
enum pv_status pv_followed_log_restart(struct pv_followed_log *followed,
                                       struct pv_error *error) PV_MUST_CHECK;

/* Adds the position that was reached to the delivery at hand. */
enum pv_status pv_followed_log_set_position(struct pv_followed_log *followed,
                                            struct pv_kafka_delivery *delivery,
                                            struct pv_error *error) PV_MUST_CHECK;

/* The delivery is committed: what was reached is the position now. */
void pv_followed_log_keep_position(struct pv_followed_log *followed);

#endif
