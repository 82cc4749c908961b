/* The host of a referrer, as an event has it. */
#ifndef PAGEVIEW_REFERRER_H
#define PAGEVIEW_REFERRER_H

#include "pageview/event.h"

/* What is behind the "scheme://" of a URL; absent when it has none. */
struct pv_text pv_referrer_behind_scheme(struct pv_text url);

/* The host of "user@host:port/…", in lower case and in `room`; absent when there is none, or one
 * that is too long or not printable. */
struct pv_text pv_referrer_host(struct pv_text rest, char room[PV_REFERRER_SIZE_MAX]);

#endif
