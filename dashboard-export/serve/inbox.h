/* What other threads have for the server's: events, and that an answer of Redis is there. */
#ifndef DASHBOARD_EXPORT_SERVE_INBOX_H
#define DASHBOARD_EXPORT_SERVE_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "dashboard-export/serve/events.h"

struct pv_inbox;

enum pv_status pv_inbox_new(struct pv_inbox **inbox, struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_inbox_destroy(struct pv_inbox *inbox);

/* Readable when pv_inbox_take has something to do. */
int pv_inbox_fd(const struct pv_inbox *inbox);

/* From any thread. Texts are copied; one that there is no memory for is missed. */
void pv_inbox_live(struct pv_inbox *inbox, const char *json, size_t length);
void pv_inbox_files(struct pv_inbox *inbox, const char *json, size_t length);
void pv_inbox_wake(struct pv_inbox *inbox);
void pv_inbox_stop(struct pv_inbox *inbox);

/* Moves what there is to `events`. Returns false once a stop was asked for. */
bool pv_inbox_take(struct pv_inbox *inbox, struct pv_events *events);

#endif
