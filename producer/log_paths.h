/* --tail: which logs there are. A value with * ? or [ is a pattern, looked at again and again, so
 * that new files are picked up; any other is the path of a log that may not exist yet. */
#ifndef PRODUCER_LOG_PATHS_H
#define PRODUCER_LOG_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/options.h"
#include "pageview/status.h"

/* Logs that are followed at a time. */
#define PV_LOGS_MAX 128

bool pv_log_path_is_pattern(const char *tail);

/* Calls `found` with each path that `tails` name: those that are no patterns, then the regular
 * files that match one, without what rotation moved aside (rotation.h), as it belongs to another
 * log. A pattern that nothing matches logs which directories may not be listed. PV_IO: one cannot
 * be read. */
enum pv_status pv_log_paths_list(const struct pv_list *tails,
                                 enum pv_status (*found)(void *context, const char *path,
                                                         struct pv_error *error),
                                 void *context, struct pv_error *error) PV_MUST_CHECK;

#endif
