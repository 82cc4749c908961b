/* Where lines come from that are shipped: a log or the spool. Each has a position that says how far
 * it was read, as text, which travels with the events of its lines. */
#ifndef PRODUCER_SOURCES_LINE_SOURCE_H
#define PRODUCER_SOURCES_LINE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

/* Longest text of a position, with its NUL; Kafka takes 4,096 bytes of metadata. */
#define PV_POSITION_TEXT_SIZE 1024

enum pv_line_kind {
    PV_LINE_WHOLE,
    PV_LINE_PIECE,      /* of a line that is too long; more follows */
    PV_LINE_LAST_PIECE, /* of a line that is too long */
};

struct pv_line {
    enum pv_line_kind kind;
    const char *data; /* without the line feed; good until the next call */
    size_t length;
};

struct pv_line_source_kind {
    bool (*is_position)(const char *text);

    /* Starts, or starts again, at `position`; NULL: at its start, or at the end of its last whole
     * line when `from_end`. */
    enum pv_status (*start)(void *self, const char *position, bool from_end,
                            struct pv_error *error);

    /* Next line; `*found` is false when there is none for now. PV_IO when it cannot be read. */
    enum pv_status (*next)(void *self, struct pv_line *line, bool *found, struct pv_error *error);

    /* The position behind the last line that was taken; `*offset` is one number for tools. */
    void (*position)(const void *self, char text[PV_POSITION_TEXT_SIZE], int64_t *offset);

    /* What is before `position` is shipped and not needed any more. */
    void (*committed)(void *self, const char *position);

    /* Files whose unread rest could not be found again, or not be read. */
    int64_t (*lost)(const void *self);

    /* Bytes that were written and not yet taken; those of compressed files do not count. */
    int64_t (*unread)(const void *self);

    void (*destroy)(void *self);
};

struct pv_line_source {
    const struct pv_line_source_kind *kind;
    void *self;
};

#endif
