/* Makes the list of all articles. A long one is made by a thread with a connection of its own,
 * while the round goes on: Redis finds a million counts, and this program sorts and compresses them
 * and writes other files; one after the other, each would wait for the other most of the time.
 * Internal to the exporter's files.
 *
 * Memory: 24 bytes and the id for each article from the start to the end of the list. */
#ifndef DASHBOARD_EXPORT_ARCHIVE_EXPORT_H
#define DASHBOARD_EXPORT_ARCHIVE_EXPORT_H

#include "dashboard-export/round.h"

/* Makes the list when it is due, or starts the thread that does. `*round` must then stay in place
 * until the end. */
enum pv_status pv_archive_export_start(struct pv_round *round);

/* Waits until the list was read, and is yet to be sorted and written. What asks Redis for much then
 * does not make the list wait, which would be written when nothing else is left to do. */
enum pv_status pv_archive_export_await_reading(struct pv_round *round);

/* The connection for what is asked for then: that of the thread, or the exporter's own where there
 * is no thread. */
struct pv_redis *pv_archive_export_redis(const struct pv_round *round);

/* Waits for the list and settles it (round.h). PV_OK when none was started. */
enum pv_status pv_archive_export_end(struct pv_round *round);

/* Waits for the list of a round that ended early. What kept the round from going on is told
 * already, and is not counted once more for the list. */
void pv_archive_export_abandon(struct pv_round *round);

#endif
