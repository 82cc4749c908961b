/* The files for browsers: the dashboard, and views.js for other pages. They are built in, so that
 * the program needs none but itself, and are put below --out beside the counts that they show. */
#ifndef DASHBOARD_EXPORT_WEB_FILES_H
#define DASHBOARD_EXPORT_WEB_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "dashboard-export/round.h"

struct pv_web_file {
    const char *path; /* relative to --out; NULL behind the last */
    const unsigned char *data;
    size_t size;
    bool is_dashboard; /* left out with --dashboard=off */
};

/* A row a file, made by the build. index.html is the last one: who finds it finds what it loads. */
extern const struct pv_web_file pv_web_files[];

/* Publishes them in the first round, and again when --out has become another directory. A file that
 * is there with the same bytes is left alone. Failures are settled as those of any file, and tried
 * again in the next round. */
enum pv_status pv_web_files_export(struct pv_round *round) PV_MUST_CHECK;

#endif
