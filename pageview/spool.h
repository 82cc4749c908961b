/* The spool: view events on disk, on their way to Kafka.
 *
 * A directory of segments, 000000000001.ndjson and so on, one event a line. Any number of processes
 * and threads append, pv-producer --spool=DIR ships and removes what it has shipped. Docs:
 * spool.md.
 *
 * For each append a writer takes the lock (flock, exclusive) of the newest segment, sees that it is
 * still there, the last one and has room, writes once, and gives the lock back. So a segment can be
 * removed whenever its lock is free and all of it is shipped, and a writer that was killed leaves
 * no lock. What a write that failed half way (disk full) left is cut off
 * again under the same lock. A line that was torn, by a crash of the machine or by a kill in the
 * middle of a write, is closed with a line feed by the next writer to its segment; no sender was
 * told that it is there.
 *
 * For a reader: a segment that has a next one is never written to again. A next one is made only
 * under the lock of the one before it. */
#ifndef PAGEVIEW_SPOOL_H
#define PAGEVIEW_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

#define PV_SPOOL_MAX_DEFAULT INT64_C(1073741824) /* bytes of all segments */
#define PV_SPOOL_SEGMENT_MAX                                                                       \
    INT64_C(67108864)                     /* bytes of one; a sixteenth of the spool's if less */
#define PV_SPOOL_MAX_LEAST INT64_C(65536) /* least bound of a spool */

/* In the order of the choices of --spool-sync. */
enum pv_spool_sync {
    PV_SPOOL_SYNC_EACH,  /* fdatasync before an append returns */
    PV_SPOOL_SYNC_100MS, /* fdatasync by the first append 100 ms after the last one, or sooner */
    PV_SPOOL_SYNC_OFF,   /* the kernel decides */
};

enum pv_spool_result {
    PV_SPOOL_OK,     /* the spool has the lines */
    PV_SPOOL_FULL,   /* the bound is reached, or the disk is full: it has none of them */
    PV_SPOOL_FAILED, /* the directory is gone or may not be written to: it has none of them. But the
                        disk failed to sync: it may have them */
};

/* A segment's number, from 1 on, never used twice. */
typedef uint64_t pv_spool_segment;

/* Room for "000000000001.ndjson" and a NUL. */
#define PV_SPOOL_NAME_SIZE 32
void pv_spool_segment_name(pv_spool_segment segment, char name[PV_SPOOL_NAME_SIZE]);
/* 0 when the name is none of a segment. */
pv_spool_segment pv_spool_segment_parse(const char *name);

struct pv_spool_range {
    pv_spool_segment oldest, newest; /* 0: there is none */
    int64_t bytes;                   /* of all segments */
};

struct pv_spool;

/* Opens the spool in `directory`, which is made (mode 0700) when it is not there. Segments may be
 * read and written by the directory's owner, and by its group when that may do so there.
 * `max_bytes` 0: as the spool was opened before, or PV_SPOOL_MAX_DEFAULT; else it is kept for all
 * writers in the file "bound". PV_INVALID: not a directory that can be written to, or a bound that
 * is too small. It keeps one file open and some 100 bytes of memory; an append has one file open
 * more, and, when it begins a segment, reads the directory with the 32 KiB that libc takes for it.
 */
enum pv_status pv_spool_open(const char *directory, int64_t max_bytes, enum pv_spool_sync sync,
                             struct pv_spool **spool, struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_spool_close(struct pv_spool *spool);

/* The bound holds for all writers together, at every moment: a segment is begun only when there is
 * room for the whole of it.
 *
 * Appends `length` bytes, whole lines each with its line feed, in one write: all or nothing. At
 * most 1 MiB. May be called by many threads at once, and after fork. errno says why not. */
enum pv_spool_result pv_spool_append(struct pv_spool *spool, const char *lines,
                                     size_t length) PV_MUST_CHECK;

/* For one thread that appends often: the segment stays open between appends, which saves a third of
 * what they cost. All zero but the spool is one that has none open. Not to be used after a fork: a
 * lock belongs to an open file, which both processes would have. */
struct pv_spool_writer {
    struct pv_spool *spool;
    pv_spool_segment segment; /* that is open; 0: none */
    int file;
    int64_t end; /* its size as our last append left it, whole lines; 0: not known */
};

/* As pv_spool_append. */
enum pv_spool_result pv_spool_write(struct pv_spool_writer *writer, const char *lines,
                                    size_t length) PV_MUST_CHECK;
/* Closes the segment. Every now and then, and when there will be no append soon: a segment that was
 * removed meanwhile keeps its place on the disk until it is closed. */
void pv_spool_writer_rest(struct pv_spool_writer *writer);

/* With PV_SPOOL_SYNC_100MS: writes what this spool appended and is not yet on the disk, if it is
 * due (for a timer) or at once. Both are async-signal-safe. */
void pv_spool_sync_if_due(struct pv_spool *spool);
void pv_spool_sync_now(struct pv_spool *spool);

/* What is on disk now. PV_IO: the directory cannot be read. */
enum pv_status pv_spool_look(int directory_fd, struct pv_spool_range *range,
                             struct pv_error *error) PV_MUST_CHECK;

/* How much of an open segment is there for good: what is below `*size` is taken back neither by a
 * writer that found the disk full half way, nor by a crash of the machine, as it is on the disk
 * then. A reader reads up to there. It may end in half a line, which then waits for a writer to
 * close it, or in the last bytes of a segment that has a next one. False with errno: it is not so.
 */
bool pv_spool_settle(int segment_fd, int64_t *size) PV_MUST_CHECK;

/* Removes `segment` if it is `size` bytes long, is the oldest but not the newest, and nobody is
 * writing to it. PV_OK as well when it is not there. PV_UNAVAILABLE: it is not so, try again later.
 * PV_IO: it cannot be removed. */
enum pv_status pv_spool_remove(int directory_fd, pv_spool_segment segment, int64_t size,
                               struct pv_error *error) PV_MUST_CHECK;

#endif
