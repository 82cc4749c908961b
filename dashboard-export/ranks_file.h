/* The ranks of an hour ago, kept in a file while no exporter runs.
 *
 * It is a file below --out, and not a key in Redis: an exporter only reads there, so its user needs
 * no right to write and a replica will do, and the ranks are of the lists as this directory has
 * them. Losing it costs an hour of "change":null. The format, numbers with the lowest byte first:
 *
 *     "pageviews-ranks/1\n"   u32 length, the prefix   u32 lists
 *     a list:   u32 length, its name   u32 looks
 *     a look:   u64 number   u32 articles   u64 each: the hash of its id, in the order of the ranks
 *     u64 XXH3 of all before */
#ifndef DASHBOARD_EXPORT_RANKS_FILE_H
#define DASHBOARD_EXPORT_RANKS_FILE_H

#include "dashboard-export/directory.h"
#include "dashboard-export/ranks.h"
#include "pageview/buffer.h"

/* A larger file is none of ours: 8 MB of ranks, and the names of 6,000 lists. */
enum { PV_RANKS_FILE_MAX = 16777216 };

/* Appends all that `ranks` remembers; `prefix` is that of the keys in Redis. */
void pv_ranks_write(const struct pv_ranks *ranks, const char *prefix, struct pv_buffer *out);

/* Appends the checksum of what is there from `begin` on; a part of the above. */
void pv_ranks_seal(struct pv_buffer *out, size_t begin);

/* Fills `ranks`, which is empty. PV_INVALID says why it was not taken, and leaves it empty: it is
 * damaged, of another version, or of another prefix. */
enum pv_status pv_ranks_read(struct pv_ranks *ranks, const char *prefix, const void *data,
                             size_t length, struct pv_error *error) PV_MUST_CHECK;

/* Fills `ranks`, which is empty, from the file. One that is not there is as if empty; of one that
 * cannot be taken a line in the log says so. Needs the memory of the file beside that of the ranks.
 */
void pv_ranks_load(struct pv_ranks *ranks, const struct pv_directory *directory,
                   const char *prefix);

/* Writes the file, whole as any other (publish.h). */
enum pv_status pv_ranks_save(struct pv_ranks *ranks, const struct pv_directory *directory,
                             const char *prefix, struct pv_error *error) PV_MUST_CHECK;

#endif
