/* --rejects=FILE: lines that no format fits, untouched, a line each.
 *
 * The file is opened anew for each write, so it can be rotated by renaming it. A line is written
 * when it is read: after a crash or a restart it may stand there twice. */
#ifndef PRODUCER_REJECTS_FILE_H
#define PRODUCER_REJECTS_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Appends `length` bytes, and a line feed if `ends`. Does nothing when `path` is NULL. A failure
 * is logged: the line is counted all the same. */
void pv_rejects_file_add(const char *path, const char *data, size_t length, bool ends);

#endif
