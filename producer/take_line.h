/* Who takes the lines that a source receives. */
#ifndef PRODUCER_TAKE_LINE_H
#define PRODUCER_TAKE_LINE_H

#include <stddef.h>

/* No line that a source hands over is longer. */
#define PV_TAKE_LINE_MAX 65536

enum pv_take {
    PV_TAKE_DONE, /* the line is the taker's: kept, or refused for a reason that it counts */
    PV_TAKE_FULL, /* no room for now: the source gives the same line again later, if it can */
};

/* Takes one line of 1 to PV_TAKE_LINE_MAX bytes, without the line feed that ended it. Any byte can
 * stand in it, NUL as well; the bytes are the source's and are gone when this returns. Called from
 * the source's thread, one call at a time. */
typedef enum pv_take (*pv_take_line)(void *context, const char *line, size_t length);

/* How long a source pauses between two tries of a line that found no room. */
#define PV_TAKE_RETRY_MS 100

#endif
