/* The spool (pageview/spool.h) as a source of lines. It is read segment by segment; segments that
 * are shipped are removed, all but the newest.
 *
 * Its position is "spool1;SEGMENT;OFFSET". Memory: one chunk (line_chunk.h). */
#ifndef PRODUCER_SOURCES_SPOOL_SOURCE_H
#define PRODUCER_SOURCES_SPOOL_SOURCE_H

#include "producer/sources/line_source.h"

/* Room for 16 hex digits and a NUL. */
#define PV_SPOOL_ID_SIZE 17

/* Opens the spool in `directory`, which exists, for reading. One process at a time may: PV_INVALID
 * when another has it open. `id` names the spool for as long as its directory lives. */
enum pv_status pv_spool_source_new(const char *directory, struct pv_line_source *source,
                                   char id[PV_SPOOL_ID_SIZE], struct pv_error *error) PV_MUST_CHECK;

#endif
