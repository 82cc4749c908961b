#include "producer/sources/line_chunk.h"

#include <string.h>

void pv_line_chunk_empty(struct pv_line_chunk *chunk)
{
    chunk->start = chunk->scanned = chunk->filled = 0;
}

char *pv_line_chunk_room(struct pv_line_chunk *chunk, size_t *room)
{
    memmove(chunk->data, chunk->data + chunk->start, chunk->filled - chunk->start);
    chunk->scanned -= chunk->start;
    chunk->filled -= chunk->start;
    chunk->start = 0;
    *room = sizeof chunk->data - chunk->filled;
    return chunk->data + chunk->filled;
}

void pv_line_chunk_added(struct pv_line_chunk *chunk, size_t count)
{
    chunk->filled += count;
}

size_t pv_line_chunk_rest(const struct pv_line_chunk *chunk)
{
    return chunk->filled - chunk->start;
}

/* The bytes at `start` become a line of `kind`; `used` of them are done with. */
static void hand_out(struct pv_line_chunk *chunk, bool *in_long_line, struct pv_line *line,
                     enum pv_line_kind kind, size_t length, size_t used)
{
    *line = (struct pv_line){kind, chunk->data + chunk->start, length};
    chunk->start += used;
    chunk->scanned = chunk->start;
    *in_long_line = kind == PV_LINE_PIECE;
}

bool pv_line_chunk_take(struct pv_line_chunk *chunk, bool *in_long_line, struct pv_line *line)
{
    const char *scan = chunk->data + chunk->scanned;
    const char *line_feed = memchr(scan, '\n', chunk->filled - chunk->scanned);
    size_t length = line_feed != NULL ? (size_t)(line_feed - (chunk->data + chunk->start))
                                      : pv_line_chunk_rest(chunk);

    if (line_feed == NULL)
        chunk->scanned = chunk->filled;
    if (line_feed != NULL && length <= PV_LOG_LINE_MAX)
        hand_out(chunk, in_long_line, line, *in_long_line ? PV_LINE_LAST_PIECE : PV_LINE_WHOLE,
                 length, length + 1);
    else if (length > PV_LOG_LINE_MAX)
        hand_out(chunk, in_long_line, line, PV_LINE_PIECE, PV_LOG_LINE_MAX, PV_LOG_LINE_MAX);
    else
        return false;
    return true;
}

void pv_line_chunk_take_rest(struct pv_line_chunk *chunk, bool *in_long_line, struct pv_line *line)
{
    size_t rest = pv_line_chunk_rest(chunk);

    hand_out(chunk, in_long_line, line, *in_long_line ? PV_LINE_LAST_PIECE : PV_LINE_WHOLE, rest,
             rest);
}
