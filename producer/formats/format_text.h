/* A log format as somebody wrote it, bare or copied from a web server's configuration:
 *
 *     $remote_addr - $remote_user [$time_local] …
 *     log_format main escape=json '…' '…';
 *     LogFormat "%h %l %u %t \"%r\" %>s %b" common
 *     '…' '…';      and      "…"
 *
 * taken out of its quotes. In all of them \" \' \\ \t stand for what they do in a configuration. */
#ifndef PRODUCER_FORMATS_FORMAT_TEXT_H
#define PRODUCER_FORMATS_FORMAT_TEXT_H

#include "pageview/buffer.h"
#include "pageview/status.h"
#include "producer/formats/text_escape.h"

/* Longest format, in bytes. */
#define PV_FORMAT_TEXT_MAX 16384

enum pv_format_dialect {
    PV_DIALECT_NAME, /* neither of the others: the name of a format */
    PV_DIALECT_NGINX,
    PV_DIALECT_APACHE
};

struct pv_format_text {
    enum pv_format_dialect dialect;
    enum pv_escape escape;
    struct pv_buffer text; /* the format itself; empty for a name */
};

/* Fills `*format`, which is all zero; the caller cleans it up, on failure too. PV_INVALID says what
 * is wrong with the quotes or the escape= parameter. */
enum pv_status pv_format_text_read(const char *written, struct pv_format_text *format,
                                   struct pv_error *error) PV_MUST_CHECK;

void pv_format_text_clean_up(struct pv_format_text *format);

#endif
