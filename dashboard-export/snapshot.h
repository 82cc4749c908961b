/* The text of each snapshot, from counts alone: no clock, no Redis, no file.
 *
 * Every text begins with the same two members, the stamp, of a fixed size, so that two texts are
 * the same snapshot when they are equal behind it:
 *
 *     {"generated_at":"2026-11-24T13:05:07Z","lag_seconds":         1,"schema":"pageviews/top/1",
 *
 * These functions append to a buffer, whose `failed` the caller looks at. */
#ifndef DASHBOARD_EXPORT_SNAPSHOT_H
#define DASHBOARD_EXPORT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/count_list.h"
#include "dashboard-export/index.h"
#include "dashboard-export/live.h"
#include "dashboard-export/offsets.h"
#include "dashboard-export/ranks.h"
#include "dashboard-export/top.h"
#include "dashboard-export/totals.h"
#include "dashboard-export/trending.h"
#include "pageview/bucket.h"
#include "pageview/buffer.h"
#include "pageview/event.h"

/* The two members up to the comma behind them. */
#define PV_SNAPSHOT_STAMP_SIZE                                                                     \
    (sizeof "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":1234567890" - 1)

struct pv_snapshot_stamp {
    int64_t generated_ms; /* start of the round that made it */
    int64_t committed_ms; /* see struct pv_moment */
};

/* What every snapshot of counts says first. */
struct pv_snapshot_about {
    struct pv_snapshot_stamp stamp;
    bool exact; /* false: some events behind the offsets may be counted too */
    const struct pv_offsets *offsets;
};

/* The time in a stamp at the start of `text`; false when there is none. */
bool pv_snapshot_stamp_read(const char *text, size_t length, char time[PV_TIME_TEXT_SIZE]);

/* The stamp and "schema":"pageviews/<schema>" — the object is left open. `schema` is a name and a
 * version, "top/1", whose JSON Schema is docs/schemas/top.json. */
void pv_snapshot_write_stamp(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                             const char *schema);
/* These, "exact" and "counted_to" — the object is left open. */
void pv_snapshot_write_about(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                             const char *schema);

/* ,"<name>":"<text>", or null when the text is empty. */
void pv_snapshot_write_text(struct pv_buffer *buffer, const char *name, struct pv_text text);

/* The most viewed articles of the day or hour that holds `time_ms`, in the shape of Wikimedia's
 * "top" answer: items[0].articles[] = {article, views, rank}. `top` is finished. */
void pv_snapshot_top(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                     enum pv_bucket_size size, int64_t time_ms, const struct pv_top *top);

/* {"spider":3,…}: each count of a finished list by its name. */
void pv_snapshot_write_counts(struct pv_buffer *buffer, const struct pv_count_list *list);

/* Events of the day that holds `time_ms` that are no views, by reason. `reasons` is finished. */
void pv_snapshot_filtered(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                          int64_t time_ms, const struct pv_count_list *reasons);

/* Views of the last hour minute by minute, and the people of the last minutes. */
void pv_snapshot_live(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                      const struct pv_live *live);

/* Views of the whole site minute by minute. `minutes` is finished: names are "13:05". */
void pv_snapshot_site(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                      const struct pv_count_list *minutes);

/* ,"hours":{"to":"2026-11-24T13","views":[…]} with PV_BUCKET_HOUR, "days" with PV_BUCKET_DAY:
 * `count` numbers, none below 0, the oldest first; the last bucket holds `last_ms`. */
void pv_snapshot_write_series(struct pv_buffer *buffer, enum pv_bucket_size size, int64_t last_ms,
                              const int64_t *views, size_t count);
/* Views of the whole site by the hour or the day, as above. */
void pv_snapshot_site_series(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                             enum pv_bucket_size size, int64_t last_ms, const int64_t *views,
                             size_t count);

/* A trending list; `section` is NULL for the whole site. `ranked` knows the ranks of an hour ago.
 */
void pv_snapshot_trending(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                          const char *list, const char *section, const struct pv_trending *trending,
                          const struct pv_ranked_list *ranked);

/* events = views + Σ filtered, all time; and the day in progress. */
void pv_snapshot_totals(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                        const struct pv_totals *totals);

/* The list of all articles is NDJSON: this line first, then one an article. */
void pv_snapshot_archive_head(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                              size_t articles);
void pv_snapshot_archive_line(struct pv_buffer *buffer, const struct pv_count *article);

/* What a reader has to know to find and show the files. */
struct pv_snapshot_names {
    const char *timezone;                 /* that days are to be shown in; NULL: the reader's */
    int64_t days, hours;                  /* that have files, up to now */
    const struct pv_count_list *sections; /* that have trending lists; finished */
};

/* The list of all snapshot files. */
void pv_snapshot_index(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                       const struct pv_snapshot_names *names, const struct pv_index *index);

#endif
