/* Whether a file says already what a text says, so that it need not be written. */
#ifndef DASHBOARD_EXPORT_SAME_FILE_H
#define DASHBOARD_EXPORT_SAME_FILE_H

#include <stdbool.h>

#include "dashboard-export/directory.h"
#include "pageview/buffer.h"

/* In what the file and the text may differ and say the same. */
enum pv_same {
    PV_SAME_BYTES,     /* in nothing */
    PV_SAME_BUT_STAMP, /* "generated_at" and "lag_seconds" */
    /* These and "counted_to": the file of something that was not counted since. What it says is of
     * another moment, and as true. */
    PV_SAME_BUT_MOMENT
};

/* `path` is relative to the directory. False when it is no regular file, or cannot be read. Reads
 * no more than the text's length and 64 KiB, and only when the sizes allow it. */
bool pv_same_file(const struct pv_directory *directory, const char *path,
                  const struct pv_buffer *text, enum pv_same same);

#endif
