/* articles/<name>.json, articles/<name>.svg and also-read/<name>.json of every article that
 * changed. */
#ifndef DASHBOARD_EXPORT_ARTICLE_FILE_H
#define DASHBOARD_EXPORT_ARTICLE_FILE_H

#include "dashboard-export/badge.h"
#include "dashboard-export/directory.h"
#include "dashboard-export/snapshot.h"
#include "pageview/redis_client.h"

/* Below the directory of --out; names are those of safe_name.h. */
#define PV_ARTICLE_DIRECTORY "articles"

struct pv_article_files;

/* What a round did. A failure is told together with the articles that it is of. */
struct pv_article_result {
    int64_t written, bytes; /* files */
    int64_t unchanged;      /* files that said the same already */
    int64_t failed;         /* articles; they are tried again in the next round */
    int64_t inexact;        /* articles; counts were added while they were read */
};

/* The others must outlive it; `seed` is a number that nobody can guess. Memory: that of
 * article_changes.h, article_ranks.h, article_pages.h and also_page.h, and of two article_batch.h.
 */
enum pv_status pv_article_files_new(struct pv_redis *redis, const char *prefix,
                                    const struct pv_directory *directory,
                                    const struct pv_badge_words *words, uint64_t seed,
                                    struct pv_article_files **files,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_article_files_destroy(struct pv_article_files *files);

/* Every article there is is written, in as many rounds as it takes. */
void pv_article_files_want_all(struct pv_article_files *files);
/* True while a round more has something to write: not all are done, or there was too much. */
bool pv_article_files_want_more(const struct pv_article_files *files);

/* Writes what changed since the last round; the last files may still be on their way to the disk on
 * return. `clock_ms` is the clock that views are counted by. `*result` is set in every case. An
 * article that fails does not keep the others from being written, unless a whole batch of them
 * fails; the first failure is returned, those of Redis at once. A stop ends it when the
 * articles that were read are written, a thousand at most, with PV_OK or PV_UNAVAILABLE. */
enum pv_status pv_article_files_round(struct pv_article_files *files,
                                      const struct pv_snapshot_stamp *stamp, int64_t clock_ms,
                                      struct pv_article_result *result,
                                      struct pv_error *error) PV_MUST_CHECK;

/* Behind every round, before the next: waits for those files. `*result` is what became of them, and
 * the first failure is returned. */
enum pv_status pv_article_files_finish(struct pv_article_files *files,
                                       struct pv_article_result *result,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
