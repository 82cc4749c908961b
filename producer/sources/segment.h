/* A segment: one file of a log, read from a byte offset.
 *
 * A log that is rotated is a row of segments. A file is known by its device, its inode and its
 * first bytes, whatever its name: rename keeps all three, copytruncate and compression the bytes.
 */
#ifndef PRODUCER_SOURCES_SEGMENT_H
#define PRODUCER_SOURCES_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

/* So many first bytes tell two files apart: a log line begins with an address and a time. */
#define PV_SEGMENT_HEAD_MAX 1024

/* Where reading stands in a file, and which file that is. */
struct pv_segment_mark {
    uint64_t device, inode;
    int64_t offset;       /* behind the last whole line that was taken */
    uint32_t head_length; /* bytes that `head_hash` covers, up to PV_SEGMENT_HEAD_MAX */
    uint64_t head_hash;   /* XXH3 of the file's first bytes */
};

struct pv_segment {
    uint64_t device, inode;
    int64_t offset;      /* behind the last whole line that was taken */
    int64_t read_offset; /* behind the last byte that was read and not given back */
    bool in_long_line;   /* the bytes between the two belong to a line that was partly handed out */
    size_t head_length;
    char head[PV_SEGMENT_HEAD_MAX];
    int fd;              /* -1: not open */
    void *gz;            /* gzFile of a compressed file, NULL for a plain one */
    bool is_damaged;     /* there is no reading on */
    bool has_begun;      /* was empty, and was written to since */
    int64_t modified_ms; /* when it was empty: time of its last change */
    int64_t rotated_ms;  /* when a newer file was first seen behind it; 0: not yet */
};

static inline bool pv_segment_is_file(const struct pv_segment *segment, uint64_t device,
                                      uint64_t inode)
{
    return segment->device == device && segment->inode == inode;
}

/* Opens the file at `path`; it is compressed when its name ends in .gz. PV_IO says why not. */
enum pv_status pv_segment_open(const char *path, struct pv_segment *segment,
                               struct pv_error *error) PV_MUST_CHECK;
void pv_segment_close(struct pv_segment *segment);

/* Reads up to `size` bytes at `read_offset` and moves it; 0 at the end for now, -1 on an error. A
 * compressed file that ends before its end is such an error. */
int64_t pv_segment_read(struct pv_segment *segment, char *data, size_t size);

/* False when the file was truncated or overwritten since it was opened. Takes new first bytes up.
 */
bool pv_segment_is_intact(struct pv_segment *segment);

/* True when the file begins with the bytes that the mark describes, of which there are some. */
bool pv_segment_matches(const struct pv_segment *segment, const struct pv_segment_mark *mark);

/* False when the file is shorter than `offset`. True for a compressed one: reading it will tell. */
bool pv_segment_reaches(const struct pv_segment *segment, int64_t offset);

/* True when `copy` is not empty, and all its known first bytes are those of `original`. */
bool pv_segment_is_copy(const struct pv_segment *copy, const struct pv_segment *original);

/* Bytes behind `offset`; 0 for a compressed file. */
int64_t pv_segment_unread_bytes(const struct pv_segment *segment);

/* ms since the epoch when the file was last written; 0 when unknown. */
int64_t pv_segment_modified_ms(const struct pv_segment *segment);

struct pv_segment_mark pv_segment_mark_of(const struct pv_segment *segment);

/* Goes on from `offset`, or from the end of a file that is shorter. */
void pv_segment_go_to(struct pv_segment *segment, int64_t offset);

#endif
