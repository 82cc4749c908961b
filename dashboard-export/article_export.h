/* The files of articles as one of the exports of a round. */
#ifndef DASHBOARD_EXPORT_ARTICLE_EXPORT_H
#define DASHBOARD_EXPORT_ARTICLE_EXPORT_H

#include "dashboard-export/article_file.h"
#include "dashboard-export/round.h"

/* Writes what changed and settles it; the last files may still be on their way to the disk on
 * return. `*files` is NULL in the first round and made then: with `full` every article is wanted.
 * With --once all that is wanted is written, otherwise what fits a round. The caller destroys
 * `*files` at the end. Returns a status other than PV_OK when the round cannot go on. */
enum pv_status pv_article_export_start(struct pv_round *round, struct pv_article_files **files,
                                       bool full) PV_MUST_CHECK;

/* Waits for those files and settles them, if there are any. `files` may be NULL. */
enum pv_status pv_article_export_end(struct pv_round *round,
                                     struct pv_article_files *files) PV_MUST_CHECK;

#endif
