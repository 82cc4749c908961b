/* What /events tells (Server-Sent Events): the latest text of live.json, and which files were
 * written. One thread; no I/O.
 *
 * Events are shared by all who are still to get them. Who is more than PV_EVENTS_KEPT events of
 * files behind has missed one, and has to begin again. */
#ifndef DASHBOARD_EXPORT_SERVE_EVENTS_H
#define DASHBOARD_EXPORT_SERVE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

enum { PV_EVENTS_KEPT = 16 };

/* Keep-alive: a comment. And what a stream begins with. */
#define PV_EVENTS_COMMENT ":\n\n"
#define PV_EVENTS_BEGIN   "retry: 2000\n\n"

struct pv_event {
    size_t references;
    size_t length;
    char text[]; /* with the empty line behind it */
};

/* All zero is without events. */
struct pv_events {
    struct pv_event *live; /* the latest; NULL: none */
    struct pv_event *files[PV_EVENTS_KEPT];
    uint64_t live_number, files_number; /* of the next one of each kind */
};

/* How far somebody has got. */
struct pv_events_position {
    uint64_t live, files;
};

void pv_events_clean_up(struct pv_events *events);

/* Both take one line of JSON. PV_NOMEM: whoever waited for it has missed it. */
enum pv_status pv_events_add_live(struct pv_events *events, const char *json, size_t length,
                                  struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_events_add_files(struct pv_events *events, const char *json, size_t length,
                                   struct pv_error *error) PV_MUST_CHECK;
/* Everybody who listens now has missed an event. */
void pv_events_miss(struct pv_events *events);
/* There is no latest text any more, as it would be an old one. */
void pv_events_forget_live(struct pv_events *events);

/* Who begins gets the latest live.json, and the files from now on. */
struct pv_events_position pv_events_begin(const struct pv_events *events);
/* True when pv_events_next has something. */
bool pv_events_have_news(const struct pv_events *events, const struct pv_events_position *position);
/* The next event, which the caller releases, or NULL when there is none. `*missed`: one is gone. */
struct pv_event *pv_events_next(const struct pv_events *events, struct pv_events_position *position,
                                bool *missed);
/* NULL is fine. */
void pv_event_release(struct pv_event *event);

#endif
