/* Titles and sections as pages send them, made fit for an event. */
#ifndef PRODUCER_HTTP_CLEAN_TEXT_H
#define PRODUCER_HTTP_CLEAN_TEXT_H

#include "pageview/event.h"

/* Copies `text` to `room`: what is no UTF-8 is left out, runs of blanks and control characters
 * become one space and vanish at both ends, and it ends between two characters after at most `max`
 * bytes. Data NULL when `text` has none, or nothing is left of it. */
struct pv_text pv_clean_text(struct pv_text text, char *room, size_t max);

#endif
