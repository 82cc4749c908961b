/* All files of a log, from the oldest to the newest, opened, of which some become segments. */
#ifndef PRODUCER_SOURCES_LOG_CANDIDATES_H
#define PRODUCER_SOURCES_LOG_CANDIDATES_H

#include "producer/sources/rotation.h"
#include "producer/sources/segment.h"

#define PV_LOG_CANDIDATE_NONE (-1)

enum pv_candidate_use {
    PV_CANDIDATE_CLOSED, /* could not be opened, or is a segment now */
    PV_CANDIDATE_OPEN,
    PV_CANDIDATE_MARKED, /* open, and at the offset of the mark that it holds */
};

struct pv_log_candidates {
    const char *log_path;
    struct pv_log_files files;
    struct pv_segment *opened;   /* one a file */
    enum pv_candidate_use *uses; /* one a file */
    int newest_known;            /* index, PV_LOG_CANDIDATE_NONE before the first */
};

/* Lists the files of the log at `path`, which stays the caller's, and opens them; those that cannot
 * be opened are logged and left closed. Again, until nothing was rotated meanwhile. PV_IO when the
 * directory cannot be read. */
enum pv_status pv_log_candidates_open(struct pv_log_candidates *candidates, const char *path,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Closes those that are no segments. */
void pv_log_candidates_close(struct pv_log_candidates *candidates);

#endif
