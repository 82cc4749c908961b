/* Where the snapshots are, below the directory that --out names. */
#ifndef DASHBOARD_EXPORT_LAYOUT_H
#define DASHBOARD_EXPORT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/bucket.h"

/* Room for any path of these, and its NUL. */
#define PV_LAYOUT_PATH_SIZE 1024
/* Room for one with .gz behind it. */
#define PV_LAYOUT_GZIP_SIZE (PV_LAYOUT_PATH_SIZE + 3)

#define PV_LAYOUT_TOTALS     "totals.json"
#define PV_LAYOUT_ARCHIVE    "articles.ndjson.gz"
#define PV_LAYOUT_INDEX      "index.json"
#define PV_LAYOUT_LIVE       "live.json"
#define PV_LAYOUT_SITE_HOURS "site/hours.json"
#define PV_LAYOUT_SITE_DAYS  "site/days.json"
#define PV_LAYOUT_TRENDING   "trending"
/* What index.html loads. */
#define PV_LAYOUT_DASHBOARD "dashboard"
/* What an exporter keeps for the next one: no snapshot, and hidden. */
#define PV_LAYOUT_RANKS ".ranks.state"

/* A directory that has files of ours, relative; "." is one. */
struct pv_layout_directory {
    const char *path; /* NULL behind the last */
    bool deep;        /* so may those below it */
    bool in_index;    /* its files are listed */
};
extern const struct pv_layout_directory pv_layout_directories[];

/* "top/day/2026-11-24.json" or "top/hour/2026-11-24T13.json". */
void pv_layout_top(enum pv_bucket_size size, int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);
/* "site/2026-11-24.json". */
void pv_layout_site(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);
/* "filtered/2026-11-24.json". */
void pv_layout_filtered(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);
/* "trending/1h.json", or "trending/1h/sport.json" with the safe name of a section. */
void pv_layout_trending(const char *list, const char *safe_section, char path[PV_LAYOUT_PATH_SIZE]);
/* The same path with .csv in the place of .json. */
void pv_layout_csv(const char *path, char csv[PV_LAYOUT_PATH_SIZE]);

/* True for a path or a name that ends in .json. */
bool pv_layout_is_json(const char *path);
/* The same path with .gz behind it: "totals.json.gz" is totals.json, compressed. */
void pv_layout_gzip(const char *path, char compressed[PV_LAYOUT_GZIP_SIZE]);
/* True for a path or a name that ends in .json.gz. */
bool pv_layout_is_gzip(const char *path);
/* True for a file name that a snapshot can have: it ends in .json or .gz, is printable
 * UTF-8 and not hidden. */
bool pv_layout_is_snapshot(const char *name);

/* A file in the making is ".NAME.tmp" beside the NAME that it will have. */
#define PV_LAYOUT_TEMPORARY_SIZE (PV_LAYOUT_PATH_SIZE + 6)
void pv_layout_temporary(const char *name, char temporary[PV_LAYOUT_TEMPORARY_SIZE]);
/* True for the name of such a file. */
bool pv_layout_is_temporary(const char *name);

#endif
