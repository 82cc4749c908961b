/* A log or spool that is shipped, and the positions in it: where it starts, what is committed, and
 * how far the delivery at hand is. */
#ifndef PRODUCER_FOLLOWED_H
#define PRODUCER_FOLLOWED_H

#include <limits.h>

#include "producer/kafka_delivery.h"
#include "producer/line_to_event.h"
#include "producer/options.h"
#include "producer/sources/line_source.h"

/* Room for "pv-producer.<instance>.<path>" and a NUL, whole: two logs never share a group. */
#define PV_GROUP_SIZE (sizeof "pv-producer." + PV_INSTANCE_MAX + PATH_MAX)

struct pv_followed {
    char *name; /* the log's path, or the spool's directory */
    struct pv_line_source source;
    struct pv_line_to_event *converter; /* of its lines; shared with others */
    const char *state_dir, *instance;   /* where the second copy of its position is */
    char group[PV_GROUP_SIZE];          /* the consumer group that holds its position */
    bool from_end;                      /* when it is new to this instance */
    bool has_committed;                 /* or a start that is not committed yet */
    bool is_new;                        /* no position of it was found */
    char committed[PV_POSITION_TEXT_SIZE];
    char reached[PV_POSITION_TEXT_SIZE]; /* by the delivery at hand, while it is committed */
    size_t taken;                        /* lines in the delivery at hand */
};

/* NULL is fine. Destroys its source. */
void pv_followed_destroy(struct pv_followed *followed);

/* Reads the position to start from: Kafka's, else the state directory's, else there is none. */
enum pv_status pv_followed_load(struct pv_followed *followed, struct pv_kafka_delivery *delivery,
                                struct pv_error *error) PV_MUST_CHECK;

/* Lets the source go on from its committed position, or from its start. */
enum pv_status pv_followed_restart(struct pv_followed *followed,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Adds the position that was reached to the delivery at hand. */
enum pv_status pv_followed_set_position(struct pv_followed *followed,
                                        struct pv_kafka_delivery *delivery,
                                        struct pv_error *error) PV_MUST_CHECK;

/* The delivery is committed: what was reached is the position now. */
void pv_followed_keep_position(struct pv_followed *followed);

#endif
