/* All that is followed: the spool and the logs of --tail, those that appear later as well. */
#ifndef PRODUCER_FOLLOWING_H
#define PRODUCER_FOLLOWING_H

#include "pageview/clock.h"
#include "producer/followed.h"
#include "producer/options.h"
#include "producer/watch.h"

struct pv_following {
    const struct pv_producer_options *options;
    const struct pv_clock *clock;
    struct pv_policy *policy; /* of the logs' lines */
    struct pv_line_to_event log_lines, spool_lines;
    struct pv_followed **items;
    size_t count;
    bool is_full;   /* more logs than PV_LOGS_MAX: said once */
    bool has_begun; /* what appears from now on is new, and read from its start */
    struct pv_watch *watch;
};

/* `options`, `clock` and `policy_options` must outlive it. Follows the spool, and no log yet. */
enum pv_status pv_following_init(struct pv_following *following,
                                 const struct pv_producer_options *options,
                                 const struct pv_policy_options *policy_options,
                                 const struct pv_clock *clock,
                                 struct pv_error *error) PV_MUST_CHECK;
void pv_following_clean_up(struct pv_following *following);

/* Adds the logs that are not followed yet behind the others, none of them loaded or started. All
 * are watched, also in directories that were made since the last look. */
enum pv_status pv_following_look(struct pv_following *following,
                                 struct pv_error *error) PV_MUST_CHECK;

#endif
