/* What web servers do to quotes, backslashes and unprintable bytes of the fields they log. */
#ifndef PRODUCER_FORMATS_TEXT_ESCAPE_H
#define PRODUCER_FORMATS_TEXT_ESCAPE_H

#include <stdbool.h>

#include "pageview/event.h"

enum pv_escape {
    PV_ESCAPE_C,    /* \xHH, as nginx does by default, and C's letters besides, as Apache does */
    PV_ESCAPE_JSON, /* JSON's, as nginx does with escape=json */
    PV_ESCAPE_NONE
};

/* Undoes the C escape at `at`, a backslash with at least one byte behind it, and gives what is
 * behind it. Writes one or two bytes to `*out`, never more than were read. An escape that is none
 * stays as it is. */
const char *pv_escape_undo_c(const char *at, const char *end, char **out);

/* Undoes the escapes of `*text`: when it has any, the result is written to `*room`, which moves
 * behind it, and is never longer than `*text`. False when a JSON escape is none. Half of a
 * surrogate pair becomes U+FFFD. */
bool pv_escape_undo(enum pv_escape escape, struct pv_text *text, char **room);

#endif
