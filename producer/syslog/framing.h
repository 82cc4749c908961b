/* Messages in a stream of bytes: a reader that does no I/O.
 *
 * Two framings are told apart message by message, as RFC 6587 allows: a message that begins with a
 * count, "123 <190>…", has so many bytes; any other ends with a line feed. A count is one only
 * with a space and a '<' behind it, so that a line of noise that begins with a digit does not
 * swallow its neighbours. `lines_only` leaves counts alone: for streams of plain lines.
 *
 * Memory: nothing until bytes come, then 16 KiB, doubled as needed up to PV_FRAMING_BUFFER_MAX, and
 * given back to 16 KiB and less when all is taken. A message over PV_TAKE_LINE_MAX is skipped, its
 * neighbours are not.
 */
#ifndef PRODUCER_SYSLOG_FRAMING_H
#define PRODUCER_SYSLOG_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/take_line.h"

/* A count of up to so many digits; more make no count. */
#define PV_FRAMING_COUNT_DIGITS 9
/* The longest message, a count and a space before it or a line feed behind it. */
#define PV_FRAMING_BUFFER_MAX (PV_TAKE_LINE_MAX + PV_FRAMING_COUNT_DIGITS + 1)

enum pv_frame {
    PV_FRAME_NONE,     /* no whole message is there: more bytes are needed */
    PV_FRAME_MESSAGE,  /* a message */
    PV_FRAME_TOO_LONG, /* one over the bound begins here; said once, its bytes are skipped */
};

/* All zero is a fresh one. */
struct pv_framing {
    bool lines_only;
    char *data;
    size_t capacity;
    size_t start, end; /* of the bytes not yet taken */
    size_t seen;       /* of these, bytes known to hold no line feed */
    size_t taking;     /* bytes that pv_framing_take goes past */
    size_t skip_bytes; /* still to come of a counted message that is skipped */
    bool skip_line;    /* until the next line feed */
};

void pv_framing_clean_up(struct pv_framing *framing);

/* Where at most `*room` bytes may be put next; `*room` is at least 1 once pv_framing_next has
 * answered PV_FRAME_NONE. NULL when memory is out. */
char *pv_framing_room(struct pv_framing *framing, size_t *room);
/* So many bytes were put there. */
void pv_framing_added(struct pv_framing *framing, size_t count);

/* The next message, which is never empty; it stays the next one until pv_framing_take, and its
 * bytes stay in place until pv_framing_room. */
enum pv_frame pv_framing_next(struct pv_framing *framing, const char **message, size_t *length);
/* Goes past the message that pv_framing_next gave. */
void pv_framing_take(struct pv_framing *framing);

/* After PV_FRAME_NONE: true when the stream, if it ended here, would end in the middle of a message
 * that is not being skipped. `*message` and `*length`, unless NULL, are what is there of it. */
bool pv_framing_has_rest(const struct pv_framing *framing, const char **message, size_t *length);

#endif
