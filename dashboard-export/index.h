/* What snapshots there are, found on disk: those of earlier days and runs are among them. */
#ifndef DASHBOARD_EXPORT_INDEX_H
#define DASHBOARD_EXPORT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/directory.h"
#include "dashboard-export/layout.h"
#include "pageview/bucket.h"

struct pv_index_file {
    char *path;    /* relative to the directory */
    int64_t bytes; /* size of the file */
    char generated_at[PV_TIME_TEXT_SIZE];
};

/* Sorted by path bytewise. All zero is empty. */
struct pv_index {
    struct pv_index_file *files;
    size_t count, capacity;
};

/* Lists every file in one of the layout's directories that ends in .json or .gz and begins with a
 * snapshot's stamp; the index itself is none of them, nor is what --gzip put beside a file. */
enum pv_status pv_index_scan(const struct pv_directory *directory, struct pv_index *index,
                             struct pv_error *error) PV_MUST_CHECK;
/* The time in the stamp at the start of a file, compressed or not; takes `fd`. False when it is no
 * snapshot. */
bool pv_index_read_stamp(int fd, bool compressed, char time[PV_TIME_TEXT_SIZE]);
void pv_index_clean_up(struct pv_index *index);

#endif
