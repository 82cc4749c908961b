/* gzip as a stream. zlib lives behind this and nowhere else. */
#ifndef DASHBOARD_EXPORT_GZIP_H
#define DASHBOARD_EXPORT_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/status.h"

/* Where compressed bytes go. */
struct pv_gzip_sink {
    enum pv_status (*write)(void *context, const void *data, size_t length, struct pv_error *error);
    void *context;
};

/* Compresses. The same input gives the same bytes: the header has no time and no name. */
struct pv_gzip_writer;

enum pv_status pv_gzip_writer_new(const struct pv_gzip_sink *sink, struct pv_gzip_writer **writer,
                                  struct pv_error *error) PV_MUST_CHECK;
/* `length` < 4 GiB. Returns what the sink does. */
enum pv_status pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t length,
                             struct pv_error *error) PV_MUST_CHECK;
/* Writes the end of the stream; nothing may be written after it. */
enum pv_status pv_gzip_finish(struct pv_gzip_writer *writer, struct pv_error *error) PV_MUST_CHECK;
/* After a finish, or before anything was written: the next text begins. */
void pv_gzip_restart(struct pv_gzip_writer *writer);
void pv_gzip_writer_destroy(struct pv_gzip_writer *writer);

/* Decompresses a file that may be damaged. */
struct pv_gzip_reader;

/* Takes `fd` in every case. NULL when memory is out. */
struct pv_gzip_reader *pv_gzip_reader_new(int fd);
/* Reads up to `length` (< 4 GiB) bytes; fewer only at the end. False when the file is damaged, no
 * gzip, or goes on behind its end; its checksum is checked when the end is reached. */
bool pv_gzip_read(struct pv_gzip_reader *reader, void *data, size_t length, size_t *got);
void pv_gzip_reader_destroy(struct pv_gzip_reader *reader);

#endif
