/* What the exports of a round share. Internal to the exporter's files. */
#ifndef DASHBOARD_EXPORT_ROUND_H
#define DASHBOARD_EXPORT_ROUND_H

#include "dashboard-export/counts.h"
#include "dashboard-export/exporter.h"
#include "dashboard-export/moment.h"
#include "dashboard-export/publish.h"
#include "dashboard-export/snapshot.h"

struct pv_round {
    struct pv_exporter *exporter;
    int64_t now_ms, monotonic_ms;
    struct pv_moment moment;
    /* The first file that failed, or what ended the round; PV_OK when none did. */
    struct pv_error failure;
};

/* Counts what became of a file. Returns a status other than PV_OK when the round cannot go on.
 * `published` is used with PV_OK, `error` otherwise. */
enum pv_status pv_round_settle(struct pv_round *round, const char *path, enum pv_status status,
                               const struct pv_published *published, const struct pv_error *error);

/* What a file made from `reading` says first; notes it when the reading was not exact. */
struct pv_snapshot_about pv_round_about(const struct pv_round *round,
                                        const struct pv_reading *reading, const char *path);

struct pv_snapshot_stamp pv_round_stamp(const struct pv_round *round);

/* Publishes and settles; takes the text. */
enum pv_status pv_round_publish(struct pv_round *round, const char *path, struct pv_buffer *text);
/* The same of a text without a stamp. */
enum pv_status pv_round_publish_plain(struct pv_round *round, const char *path,
                                      struct pv_buffer *text);
/* The same, beside the JSON of `path`. */
enum pv_status pv_round_publish_csv(struct pv_round *round, const char *path,
                                    struct pv_buffer *text);

#endif
