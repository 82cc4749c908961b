/* Puts a file into the snapshot directory so that a reader has the old one or the new one, whole,
 * also after the machine failed: temporary file beside it, fsync, rename, fsync of the directory.
 */
#ifndef DASHBOARD_EXPORT_PUBLISH_H
#define DASHBOARD_EXPORT_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/directory.h"
#include "dashboard-export/layout.h"
#include "pageview/buffer.h"

/* How a temporary file is opened. */
#define PV_PUBLICATION_FLAGS (O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC)
#define PV_PUBLICATION_MODE  0644

/* A file in the making. Paths are relative to the directory, "top/day/2026-11-24.json". */
struct pv_publication {
    const struct pv_directory *directory;
    char name[PV_LAYOUT_PATH_SIZE];
    char path[PV_LAYOUT_PATH_SIZE];
    int parent_fd; /* the directory that the file is in */
    int fd;        /* of the temporary file */
    int64_t bytes; /* written so far */
};

/* Begins the file `path`. After PV_OK either finish or abandon. */
enum pv_status pv_publication_begin(const struct pv_directory *directory, const char *path,
                                    struct pv_publication *publication,
                                    struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_publication_write(struct pv_publication *publication, const void *data,
                                    size_t length, struct pv_error *error) PV_MUST_CHECK;
/* Shows the file to readers. On PV_IO the temporary file is gone, and the old one still there. */
enum pv_status pv_publication_finish(struct pv_publication *publication,
                                     struct pv_error *error) PV_MUST_CHECK;
/* Removes the temporary file; the old one stays. */
void pv_publication_abandon(struct pv_publication *publication);

/* What became of a snapshot that did not fail. */
struct pv_published {
    bool written;  /* false: the file there says the same already, and was left alone */
    int64_t bytes; /* of the file */
};

/* Publishes a whole text that begins with a stamp (snapshot.h), unless the file there differs in
 * nothing but the stamp. A path that ends in .json has its .gz beside it, or none (gzip_file.h).
 * PV_NOMEM when the buffer failed. */
enum pv_status pv_publish_text(const struct pv_directory *directory, const char *path,
                               const struct pv_buffer *text, struct pv_published *published,
                               struct pv_error *error) PV_MUST_CHECK;
/* The same of a text without a stamp, unless the file there has the same bytes. */
enum pv_status pv_publish_plain(const struct pv_directory *directory, const char *path,
                                const struct pv_buffer *text, struct pv_published *published,
                                struct pv_error *error) PV_MUST_CHECK;

#endif
