/* The header fields of a request that decide how much of an answer is sent (RFC 9110). */
#ifndef DASHBOARD_EXPORT_SERVE_CONDITIONAL_H
#define DASHBOARD_EXPORT_SERVE_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. */
#define PV_HTTP_DATE_SIZE 30

/* Writes a time in seconds since the Unix epoch, of the years 1970 to 9999, as IMF-fixdate. */
void pv_http_date_write(int64_t time_s, char text[PV_HTTP_DATE_SIZE]);
/* Reads that form, and no other; false when the text is something else. */
bool pv_http_date_read(const char *text, int64_t *time_s);

/* True when who asks has the content already. The fields are NULL where they were not sent;
 * `none_match` beats `modified_since`. `etag` is the content's, W/"…", and compared weakly.
 * `modified_s` is when it changed; negative: not known, so only the tag counts. */
bool pv_has_already(const char *none_match, const char *modified_since, const char *etag,
                    int64_t modified_s);

/* True when Accept-Encoding takes gzip with a weight above 0. */
bool pv_accepts_gzip(const char *accept_encoding);

#endif
