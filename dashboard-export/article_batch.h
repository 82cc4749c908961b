/* Publishes many small files together.
 *
 * The promise is that of publish.h: whoever reads has the old file or the new one, whole, also
 * after the machine failed. But two fsync a file would take a disk's whole time at thousands of
 * files a round. So the files of a batch are written under their temporary names first, then one
 * syncfs brings them all to disk, and then they are renamed. What a failing machine can lose is
 * that some of them were replaced: the old file is there then.
 *
 * A file that says the same already is left alone: a process that was just started does not know
 * what the one before it wrote. */
#ifndef DASHBOARD_EXPORT_ARTICLE_BATCH_H
#define DASHBOARD_EXPORT_ARTICLE_BATCH_H

#include "dashboard-export/gzip_file.h"
#include "dashboard-export/publish.h"

/* Files in a batch. A syncfs waits for the disk, however few there are. */
enum { PV_BATCH_MAX = 6000 };

/* All zero but for the directory is empty. Memory: 16 bytes a file, its path, and that of gzip: 6
 * MiB with the longest paths. */
struct pv_batch {
    const struct pv_directory *directory;
    struct pv_buffer paths; /* each with its NUL */
    int64_t bytes[PV_BATCH_MAX];
    size_t owners[PV_BATCH_MAX]; /* what the caller calls each file by */
    struct pv_gzip_text gzip;    /* used when the directory has compressed files */
    size_t count;
    int64_t unchanged; /* files that were left alone, ever */
};

/* The batch was finished. */
void pv_batch_clean_up(struct pv_batch *batch);

/* Adds the file `path`, unless what is there says the same: of JSON that began with the same head,
 * of another moment (same_file.h), of any other file the same bytes. There is room. After a failure
 * nothing was added, and the old file stays. */
enum pv_status pv_batch_add(struct pv_batch *batch, const char *path, const struct pv_buffer *text,
                            size_t owner, struct pv_error *error) PV_MUST_CHECK;

/* Shows all files to readers and empties the batch. Of those that fail the old file stays, and
 * failed[owner] becomes true; the first failure is returned. `*written` and `*bytes` grow by what
 * was published. */
enum pv_status pv_batch_finish(struct pv_batch *batch, bool *failed, int64_t *written,
                               int64_t *bytes, struct pv_error *error) PV_MUST_CHECK;

#endif
