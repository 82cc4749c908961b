/* The files of a log that are being read, and how they are found again. */
#ifndef PRODUCER_SOURCES_LOG_SEGMENTS_H
#define PRODUCER_SOURCES_LOG_SEGMENTS_H

#include "producer/sources/log_position.h"

struct pv_log_segments {
    struct pv_segment items[PV_LOG_SEGMENTS_MAX]; /* from the oldest to the newest, all open */
    size_t count;
    int64_t opened; /* files ever added to `items` */
    int64_t lost;   /* files whose unread rest could not be found, or not be read */
};

/* Opens the files that `position` names, wherever they are now, and those that are newer. */
enum pv_status pv_log_segments_resume(struct pv_log_segments *segments, const char *path,
                                      const struct pv_log_position *position,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Takes up what rotation did since: files that are no longer intact are found again in their
 * copies, and newer ones are added. When no name tells which are newer, those written to after
 * `known_ms` and the live one are: files that nobody wrote to since were known then. */
enum pv_status pv_log_segments_refresh(struct pv_log_segments *segments, const char *path,
                                       int64_t known_ms, struct pv_error *error) PV_MUST_CHECK;

/* What is unread in this one cannot be read: says so, counts it, and goes on behind it. */
void pv_log_segments_give_up(struct pv_log_segments *segments, size_t index, const char *path);

/* True when pv_log_segments_refresh has something to do. */
bool pv_log_segments_changed(struct pv_log_segments *segments, const char *path);

/* True when the live file is among them, and so all that is newer than the first one. */
bool pv_log_segments_are_all(const struct pv_log_segments *segments, const char *path);

/* Closes and removes one. */
void pv_log_segments_remove(struct pv_log_segments *segments, size_t index);
void pv_log_segments_clean_up(struct pv_log_segments *segments);

#endif
