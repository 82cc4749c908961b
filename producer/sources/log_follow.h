/* The log source: follows a log across rotation, line by line, and always knows its position.
 *
 * Rotation by rename-and-create: the renamed file is read to its end first, and stays followed
 * until it has been quiet for `rotate_wait_ms`, since a web server may go on writing to it; that
 * time begins when its successor is seen.
 * Rotation by copytruncate: what was not read before the cut is read from the copy.
 * While nobody reads: files that were rotated away meanwhile, also compressed ones, are found by
 * their first bytes and read in order.
 *
 * Memory: one chunk of PV_LOG_CHUNK_SIZE a log. */
#ifndef PRODUCER_SOURCES_LOG_FOLLOW_H
#define PRODUCER_SOURCES_LOG_FOLLOW_H

#include "pageview/clock.h"
#include "producer/sources/line_chunk.h"
#include "producer/sources/log_position.h"

struct pv_log;

/* A log that is not started. `path` is copied. */
enum pv_status pv_log_new(const char *path, int64_t rotate_wait_ms, const struct pv_clock *clock,
                          struct pv_log **log, struct pv_error *error) PV_MUST_CHECK;
void pv_log_destroy(struct pv_log *log);

/* Starts, or starts again, at `position`; NULL: at the start of the live file, or at the end of
 * its last whole line when `from_end`. A file that does not exist yet is waited for. */
enum pv_status pv_log_start(struct pv_log *log, const struct pv_log_position *position,
                            bool from_end, struct pv_error *error) PV_MUST_CHECK;

/* Next line; `*found` is false when there is none for now. PV_IO when a file cannot be read. */
enum pv_status pv_log_next(struct pv_log *log, struct pv_line *line, bool *found,
                           struct pv_error *error) PV_MUST_CHECK;

/* The position behind the last whole line, or last piece, that was taken. */
void pv_log_position(const struct pv_log *log, struct pv_log_position *position);

/* Files whose unread rest could not be found again, or not be unpacked. */
int64_t pv_log_lost_segments(const struct pv_log *log);

/* Bytes of its open files, but compressed ones, that were not taken yet. */
int64_t pv_log_unread_bytes(const struct pv_log *log);

#endif
