/* The text of also-read/<name>.json, from what is known alone: no clock, no Redis, no file. */
#ifndef DASHBOARD_EXPORT_ALSO_JSON_H
#define DASHBOARD_EXPORT_ALSO_JSON_H

#include "dashboard-export/snapshot.h"
#include "pageview/event.h"

/* Items of a file, and how many there should be at least: what readers read is followed by what is
 * hot up to this. */
enum { PV_ALSO_ITEMS_MAX = 10, PV_ALSO_ITEMS_MIN = 5 };

struct pv_also_article {
    struct pv_text article;
    struct pv_text title, section; /* empty: unknown */
    int64_t views;                 /* of all time */
};

struct pv_also_item {
    const struct pv_also_article *article;
    bool by_readers; /* else by its section, or by the site */
    double score;    /* the cosine, 0 to 1; else that of the list `hot` */
};

struct pv_also_items {
    struct pv_text article; /* that they are of */
    size_t count;
    struct pv_also_item items[PV_ALSO_ITEMS_MAX];
};

/* Appends the text. */
void pv_also_json(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                  const struct pv_also_items *items);

/* A number that is the same while the file needs no new text: views and what is hot by how much do
 * not matter, as they change all the time. Never 0. */
int64_t pv_also_fingerprint(const struct pv_also_items *items);

#endif
