/* The head of a request: its header fields, one by one, and whether its body can be told from what
 * follows it. Two servers that disagree on that let a client smuggle a request past the first one,
 * so what is doubtful is refused, and the connection closed. No I/O. */
#ifndef PRODUCER_HTTP_HEAD_H
#define PRODUCER_HTTP_HEAD_H

#include "producer/http/endpoints.h"

#define PV_HTTP_HEAD_MAX ((size_t)8192) /* bytes of all header fields */

enum { PV_HTTP_FORWARDED_MAX = 8 };

/* All zero is that of a request without header fields. */
struct pv_http_head {
    struct pv_text user_agent, referer, origin, if_none_match, content_type;
    struct pv_text purpose;                          /* of Sec-Purpose, or of Purpose */
    struct pv_text forwarded[PV_HTTP_FORWARDED_MAX]; /* the last lines of X-Forwarded-For */
    size_t forwarded_count;
    bool no_consent;
    size_t bytes; /* of all fields */
    struct pv_text content_length, transfer_encoding;
    unsigned content_lengths, transfer_encodings, hosts; /* how many there are */
    bool needs_host;                                     /* HTTP/1.1 */
    bool has_bad_name; /* one that another server may read as another name, or as none */
};

/* Takes a header field; the texts have to stay in place. */
void pv_http_head_add(struct pv_http_head *head, struct pv_text name, struct pv_text value);

/* True when a body is announced. */
bool pv_http_head_has_body(const struct pv_http_head *head);

/* 0, or the status (400, 413, 431) to refuse the request with, and why. */
unsigned pv_http_head_check(const struct pv_http_head *head, const char **problem);

#endif
