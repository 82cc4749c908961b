/* Bytes that were read of a file, cut into lines. No I/O.
 *
 * A line over PV_LOG_LINE_MAX comes in pieces. Whether the bytes at hand belong to such a line is
 * the file's state and not the chunk's, since a chunk is emptied when reading goes to another file
 * and back. */
#ifndef PRODUCER_SOURCES_LINE_CHUNK_H
#define PRODUCER_SOURCES_LINE_CHUNK_H

#include "producer/sources/line_source.h"

#define PV_LOG_LINE_MAX   65536  /* bytes; a longer line comes in pieces */
#define PV_LOG_CHUNK_SIZE 262144 /* bytes read at once */

/* Bytes [start, filled) were read and not handed out; [start, scanned) have no line feed. All zero
 * is an empty one. */
struct pv_line_chunk {
    size_t start, scanned, filled;
    char data[PV_LOG_CHUNK_SIZE];
};

void pv_line_chunk_empty(struct pv_line_chunk *chunk);

/* Moves what is left to the front; where `*room` bytes more may be read to, at least
 * PV_LOG_CHUNK_SIZE - PV_LOG_LINE_MAX - 1 once pv_line_chunk_take has answered false. */
char *pv_line_chunk_room(struct pv_line_chunk *chunk, size_t *room);
void pv_line_chunk_added(struct pv_line_chunk *chunk, size_t count);

/* Bytes that were added and not handed out. */
size_t pv_line_chunk_rest(const struct pv_line_chunk *chunk);

/* The next line, or a piece of a long one; false when more bytes are needed. */
bool pv_line_chunk_take(struct pv_line_chunk *chunk, bool *in_long_line, struct pv_line *line);

/* All that is left becomes a line, as no line feed will come. */
void pv_line_chunk_take_rest(struct pv_line_chunk *chunk, bool *in_long_line, struct pv_line *line);

#endif
