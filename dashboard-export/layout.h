/* Where the snapshots are, below the directory that --out names. */
#ifndef DASHBOARD_EXPORT_LAYOUT_H
#define DASHBOARD_EXPORT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/bucket.h"

/* Room for any path of these, and its NUL. */
#define PV_LAYOUT_PATH_SIZE 64

#define PV_LAYOUT_TOTALS   "totals.json"
#define PV_LAYOUT_ARTICLES "articles.ndjson.gz"
#define PV_LAYOUT_INDEX    "index.json"

/* The directories that have snapshots, relative; "." is one; ends with NULL. */
extern const char *const pv_layout_directories[];

/* "top/day/2026-11-24.json" or "top/hour/2026-11-24T13.json". */
void pv_layout_top(enum pv_bucket_size size, int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);
/* "site/2026-11-24.json". */
void pv_layout_site(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE]);

/* True for a file name that a snapshot can have: it ends in .json or .gz, is printable
 * UTF-8 and not hidden. */
bool pv_layout_is_snapshot(const char *name);

/* A file in the making is ".NAME.tmp" beside the NAME that it will have. */
#define PV_LAYOUT_TEMPORARY_SIZE (PV_LAYOUT_PATH_SIZE + 6)
void pv_layout_temporary(const char *name, char temporary[PV_LAYOUT_TEMPORARY_SIZE]);
/* True for the name of such a file. */
bool pv_layout_is_temporary(const char *name);

#endif
