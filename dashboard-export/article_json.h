/* The text of articles/<name>.json, from counts alone: no clock, no Redis, no file. */
#ifndef DASHBOARD_EXPORT_ARTICLE_JSON_H
#define DASHBOARD_EXPORT_ARTICLE_JSON_H

#include "dashboard-export/snapshot.h"
#include "pageview/event.h"

/* Hours and days whose counts are told, those in progress among them. */
enum { PV_ARTICLE_HOURS = 48, PV_ARTICLE_DAYS = 30, PV_ARTICLE_LISTS = 6 };

/* The trending lists, in the order of `ranks`. */
extern const char *const pv_article_lists[PV_ARTICLE_LISTS];

struct pv_article_counts {
    struct pv_text article;
    struct pv_text title, section; /* empty: unknown */
    int64_t total;
    int64_t visitors;                                       /* of the last day; negative: unknown */
    int64_t hours[PV_ARTICLE_HOURS], days[PV_ARTICLE_DAYS]; /* the oldest first */
    uint32_t ranks[PV_ARTICLE_LISTS];                       /* from 1 on; 0: not in the list */
};

/* Appends the text. `clock_ms` is in the last hour and in the last day. */
void pv_article_json(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                     int64_t clock_ms, const struct pv_article_counts *counts);

#endif
