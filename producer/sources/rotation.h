/* Which files are a log: the one at its path and those that rotation moved aside, known by their
 * names: access.log.1 (a higher number is older), access.log-20261124 or access.log.2026-11-24
 * (a later date is newer), each also with .gz. */
#ifndef PRODUCER_SOURCES_ROTATION_H
#define PRODUCER_SOURCES_ROTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/status.h"

struct pv_log_file {
    char *path;
    const char *suffix; /* in `path`, behind the log's name; empty for the live file */
    bool is_live;       /* the one at the log's path */
};

struct pv_log_files {
    struct pv_log_file *items; /* from the oldest to the newest; the live one, if any, is last */
    size_t count;
};

/* Lists the files of the log at `path`. PV_IO when its directory cannot be read. */
enum pv_status pv_log_files_list(const char *path, struct pv_log_files *files,
                                 struct pv_error *error) PV_MUST_CHECK;
void pv_log_files_clean_up(struct pv_log_files *files);

/* True when `suffix`, what follows the log's name, is one that rotation gives. */
bool pv_log_suffix_is_rotated(const char *suffix);

/* Below 0 when the file with suffix `a` is older than that with `b`, above when it is newer. */
int pv_log_suffix_compare(const char *a, const char *b);

#endif
