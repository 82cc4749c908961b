/* The files that are served, as answers that are ready to be sent.
 *
 * Files up to 1 MiB are kept in memory while they are asked for, 256 of them and 8 MiB at most; one
 * that changed is read again: each request looks at the file's inode, size and times. With those
 * that slow readers still hold it is 16 MiB at most: where that is reached, and for larger files,
 * the kernel sends from the file. */
#ifndef DASHBOARD_EXPORT_SERVE_FILES_H
#define DASHBOARD_EXPORT_SERVE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "dashboard-export/serve/answer.h"
#include "pageview/bucket.h"
#include "pageview/status.h"

struct pv_served_file {
    struct MHD_Response *answer;
    char etag[PV_ETAG_SIZE];
    int64_t modified_s;                   /* since the Unix epoch */
    char generated_at[PV_TIME_TEXT_SIZE]; /* in its stamp, or "" */
};

struct pv_files;

/* `directory` is a path that must outlive it; it need not be there yet. */
enum pv_status pv_files_new(const char *directory, struct pv_files **files,
                            struct pv_error *error) PV_MUST_CHECK;
/* After all answers that were made of it are gone, so behind the end of libmicrohttpd's daemon. */
void pv_files_destroy(struct pv_files *files);

/* Looks whether the path still names the directory that is open; a directory can be replaced. */
void pv_files_follow(struct pv_files *files);

/* Finds `path`, relative and as target.h has it; `takes_gzip`: the file with .gz behind its name
 * will do, which gzip_file.h keeps as new. `*file` belongs to `files` until the next call; NULL
 * with PV_OK: no such file. PV_IO and PV_NOMEM: there is one, but it cannot be sent now. */
enum pv_status pv_files_get(struct pv_files *files, const char *path, bool takes_gzip,
                            const struct pv_served_file **file,
                            struct pv_error *error) PV_MUST_CHECK;

#endif
