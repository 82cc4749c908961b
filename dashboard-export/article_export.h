/* The files of articles as one of the exports of a round. While a long list of all articles is read
 * (archive_export.h), a thread makes them: Redis is then asked for days and hours as soon as that
 * list is read. Internal to the exporter's files. */
#ifndef DASHBOARD_EXPORT_ARTICLE_EXPORT_H
#define DASHBOARD_EXPORT_ARTICLE_EXPORT_H

#include "dashboard-export/round.h"

/* Writes what changed and settles it, or starts the thread that does, which has the exporter's
 * connection to Redis until the end. With --once all that is wanted is written, otherwise what fits
 * a round; `*round` must stay in place. The last files may still be on their way to the disk on
 * return. Returns a status other than PV_OK when the round cannot go on. */
enum pv_status pv_article_export_start(struct pv_round *round) PV_MUST_CHECK;

/* Waits for those files and settles them. */
enum pv_status pv_article_export_end(struct pv_round *round) PV_MUST_CHECK;

/* Waits for those of a round that ended early. What kept the round from going on is told already,
 * and is not counted once more for them. */
void pv_article_export_abandon(struct pv_round *round);

#endif
