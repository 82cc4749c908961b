/* The compressed file beside a JSON file.
 *
 * It is shown before the file itself is: so where a file says already what it should, the one
 * beside it does too. Without --gzip it is removed before the file is replaced, so that no server
 * sends an old one. The same text gives the same bytes. */
#ifndef DASHBOARD_EXPORT_GZIP_FILE_H
#define DASHBOARD_EXPORT_GZIP_FILE_H

#include <stdbool.h>

#include "dashboard-export/directory.h"
#include "pageview/buffer.h"

/* Whether the file `path` is to have one. */
bool pv_gzip_file_is_wanted(const struct pv_directory *directory, const char *path);

/* Whether the file has one, or is to have none. */
bool pv_gzip_file_is_there(const struct pv_directory *directory, const char *path);

/* Removes what stands beside a JSON file that is to have none. */
void pv_gzip_file_remove(const struct pv_directory *directory, const char *path);

/* Compresses one text after the other. All zero is ready. Memory: 320 KiB from the first text on.
 */
struct pv_gzip_text {
    struct pv_gzip_writer *writer;
    struct pv_buffer out; /* the last text, compressed */
};

enum pv_status pv_gzip_text_make(struct pv_gzip_text *made, const struct pv_buffer *text,
                                 struct pv_error *error) PV_MUST_CHECK;
void pv_gzip_text_clean_up(struct pv_gzip_text *made);

#endif
