/* The text of each snapshot, from counts alone: no clock, no Redis, no file.
 *
 * Every text begins with the same member of a fixed size, so that two texts are the same snapshot
 * when they are equal behind it:
 *
 *     {"generated_at":"2026-11-24T13:05:07Z",
 *
 * These functions append to a buffer, whose `failed` the caller looks at. */
#ifndef DASHBOARD_EXPORT_SNAPSHOT_H
#define DASHBOARD_EXPORT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/count_list.h"
#include "dashboard-export/index.h"
#include "dashboard-export/offsets.h"
#include "dashboard-export/top.h"
#include "dashboard-export/totals.h"
#include "pageview/bucket.h"
#include "pageview/buffer.h"

#define PV_SNAPSHOT_STAMP_OPENING "{\"generated_at\":\""
/* The opening, the time and its closing quote. */
#define PV_SNAPSHOT_STAMP_SIZE (sizeof PV_SNAPSHOT_STAMP_OPENING - 1 + PV_TIME_TEXT_SIZE - 1 + 1)

/* What every snapshot of counts says first. */
struct pv_snapshot_about {
    int64_t generated_ms; /* start of the round that made it */
    bool exact;           /* false: some events behind the offsets may be counted too */
    const struct pv_offsets *offsets;
};

/* The time in a stamp at the start of `text`; false when there is none. */
bool pv_snapshot_stamp_read(const char *text, size_t length, char time[PV_TIME_TEXT_SIZE]);

/* {"generated_at":"…" — the object is left open. */
void pv_snapshot_write_stamp(struct pv_buffer *buffer, int64_t generated_ms);
/* The stamp, exact and offsets — the object is left open. */
void pv_snapshot_write_about(struct pv_buffer *buffer, const struct pv_snapshot_about *about);

/* The most viewed articles of the day or hour that holds `time_ms`, in the shape of Wikimedia's
 * "top" answer: items[0].articles[] = {article, views, rank}. `top` is finished. */
void pv_snapshot_top(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                     enum pv_bucket_size size, int64_t time_ms, const struct pv_top *top);

/* Views of the whole site minute by minute. `minutes` is finished: names are "13:05". */
void pv_snapshot_site(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                      const struct pv_count_list *minutes);

/* events = views + Σ filtered, all time; and the day in progress. */
void pv_snapshot_totals(struct pv_buffer *buffer, int64_t generated_ms,
                        const struct pv_totals *totals);

/* The list of all articles is NDJSON: this line first, then one an article. */
void pv_snapshot_articles_head(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                               size_t articles);
void pv_snapshot_articles_line(struct pv_buffer *buffer, const struct pv_count *article);

/* The list of all snapshot files. */
void pv_snapshot_index(struct pv_buffer *buffer, int64_t generated_ms,
                       const struct pv_index *index);

#endif
