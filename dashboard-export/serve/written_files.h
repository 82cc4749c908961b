/* Which files a round wrote, as /events tells it: {"paths":["live.json",…]}. */
#ifndef DASHBOARD_EXPORT_SERVE_WRITTEN_FILES_H
#define DASHBOARD_EXPORT_SERVE_WRITTEN_FILES_H

#include <stddef.h>

#include "pageview/buffer.h"

/* Bytes of paths; where a round wrote more, "more":true stands behind those that are told. */
enum { PV_WRITTEN_FILES_MAX = 32768 };

/* All zero is none. */
struct pv_written_files {
    struct pv_buffer text;
    size_t count;
    bool more;
};

void pv_written_files_clean_up(struct pv_written_files *files);

/* Notes the file, unless it is one of an article: there may be thousands. `path` is UTF-8. */
void pv_written_files_add(struct pv_written_files *files, const char *path);

/* Appends the JSON, and is empty again. Returns false when nothing was written. */
bool pv_written_files_take(struct pv_written_files *files, struct pv_buffer *json);

#endif
