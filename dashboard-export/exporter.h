/* A round: every snapshot read from Redis, rendered, and published. */
#ifndef DASHBOARD_EXPORT_EXPORTER_H
#define DASHBOARD_EXPORT_EXPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "dashboard-export/count_list.h"
#include "dashboard-export/directory.h"
#include "dashboard-export/options.h"
#include "dashboard-export/progress.h"
#include "dashboard-export/ranks.h"
#include "dashboard-export/site_history.h"

struct pv_article_files;
struct pv_article_job;
struct pv_archive_job;
struct pv_written_files;

struct pv_exporter {
    const struct pv_dashboard_options *options;
    struct pv_redis *redis;
    struct pv_progress *progress;
    struct pv_directory directory;
    struct pv_ranks ranks;         /* of the trending lists, in the last hour */
    bool ranks_loaded;             /* from the file of the exporter before */
    int64_t ranks_saved_ms;        /* monotonic; negative: not yet */
    struct pv_count_list sections; /* that have lists; finished */
    struct pv_site_history site_history;
    int64_t tops_ms; /* when all top lists were last read (monotonic); negative: not yet */
    int64_t week_day, week_ms; /* site/<date>.json of last week: which day, and when (monotonic) */
    struct pv_article_files *article_files; /* NULL before the first round */
    struct pv_article_job *article_job;     /* a thread that writes them; NULL: none */
    unsigned web_opening;                   /* of the directory that has the web files; 0: none */
    struct pv_written_files *written;       /* what rounds wrote is noted there; may be NULL */
    bool redis_checked;                     /* its version, since the connection was made */
    bool archive_tried;                     /* the list of all articles, at the time below */
    int64_t archive_tried_ms;
    struct pv_archive_job *archive_job; /* that list in the making; NULL between rounds */
    struct pv_redis *archive_redis;     /* for a long one; NULL before the first */
};

/* `options`, `redis` and `progress` must outlive it. */
void pv_exporter_init(struct pv_exporter *exporter, const struct pv_dashboard_options *options,
                      struct pv_redis *redis, struct pv_progress *progress);
void pv_exporter_clean_up(struct pv_exporter *exporter);

/* Makes the snapshots of the days and hours up to `now_ms` (UTC). `monotonic_ms` is for intervals.
 *
 * A file that fails does not keep the others from being written; the first failure is returned.
 * PV_UNAVAILABLE and PV_INVALID (Redis) end the round at once, a stop ends it after the file in
 * hand, with PV_OK or PV_UNAVAILABLE. */
enum pv_status pv_exporter_round(struct pv_exporter *exporter, int64_t now_ms, int64_t monotonic_ms,
                                 struct pv_error *error) PV_MUST_CHECK;

#endif
