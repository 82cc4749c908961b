/* The directory that the snapshots go to. */
#ifndef DASHBOARD_EXPORT_DIRECTORY_H
#define DASHBOARD_EXPORT_DIRECTORY_H

#include <stdbool.h>

#include "pageview/status.h"

struct pv_directory {
    const char *path;
    bool gzip;        /* each JSON file has its .gz beside it */
    int fd;           /* -1: not open */
    unsigned opening; /* raised whenever it is opened: it may be another one then */
};

void pv_directory_init(struct pv_directory *directory, const char *path);
void pv_directory_clean_up(struct pv_directory *directory);

/* Opens it, or makes sure that what is open is still what the path names; called before every
 * round, since a directory can be replaced while we run. Opening creates it (its parent must be
 * there), takes it for this process alone, so that two exporters cannot write the same files, and
 * removes what a killed run left unfinished. PV_IO says what is wrong. */
enum pv_status pv_directory_open(struct pv_directory *directory,
                                 struct pv_error *error) PV_MUST_CHECK;

/* Opens a directory below it ("top/day", or "." for itself), creating what is missing. The caller
 * closes `*fd`. */
enum pv_status pv_directory_open_below(const struct pv_directory *directory, const char *relative,
                                       int *fd, struct pv_error *error) PV_MUST_CHECK;

#endif
