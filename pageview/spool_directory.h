/* A spool's directory: which segments there are, how one is made, and the bound. For spool.c. */
#ifndef PAGEVIEW_SPOOL_DIRECTORY_H
#define PAGEVIEW_SPOOL_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/spool.h"

/* The functions that return bool say with errno why not. */

/* Closes a file, if it is one, and keeps errno. */
void pv_spool_close_file(int file);

/* Takes the lock of an open file, exclusive, and waits for it as long as it takes. */
bool pv_spool_lock(int file);
/* Keeps errno. To be done before the file is closed: a process that was forked meanwhile has the
 * open file as well, and with it the lock. */
void pv_spool_unlock(int file);

/* True when the directory has this segment. */
bool pv_spool_has(int directory, pv_spool_segment segment);

/* What is on disk now. */
bool pv_spool_range_read(int directory, struct pv_spool_range *range);

/* Makes an empty segment. Only one process at a time may: whoever has the lock of the segment
 * before it. With `durable` a crash of the machine does not undo it. */
bool pv_spool_segment_make(int directory, pv_spool_segment segment, bool durable);

/* Makes the first segment of a directory that has none, or does nothing when there is one. */
bool pv_spool_first_make(int directory, pv_spool_segment segment, bool durable);

/* The bound that is kept in the directory; 0 when there is none. */
int64_t pv_spool_bound_read(int directory);
bool pv_spool_bound_write(int directory, int64_t max_bytes);

#endif
