/* The fields of a log that make a hit, whatever a web server calls them, and how a hit is made from
 * them. No I/O. */
#ifndef PRODUCER_FORMATS_LOG_FIELDS_H
#define PRODUCER_FORMATS_LOG_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/hit.h"

/* Longest line, in bytes, without its line feed. */
#define PV_LOG_FORMAT_LINE_MAX ((size_t)65536)

enum pv_log_field {
    PV_FIELD_NONE,    /* not ours to know */
    PV_FIELD_TIME,    /* in words, where its form is not known beforehand */
    PV_FIELD_REQUEST, /* "GET /a HTTP/1.1" */
    PV_FIELD_METHOD,
    PV_FIELD_TARGET,     /* as it was sent, with its query */
    PV_FIELD_PATH,       /* percent-decoded, without its query */
    PV_FIELD_PATH_QUERY, /* the same, then a ? and the query as it was sent, if there was one */
    PV_FIELD_PATH_DASH,  /* the same, or the path and a "-" when there was no query */
    PV_FIELD_QUERY,      /* as it was sent; with or without its ? */
    PV_FIELD_STATUS,     /* three digits */
    PV_FIELD_REFERRER,   /* this and the next are kept when they are "-" */
    PV_FIELD_USER_AGENT,
    PV_FIELD_ADDRESS,
    PV_FIELD_FORWARDED, /* addresses, the nearest last; used when there is no PV_FIELD_ADDRESS */
    PV_FIELD_SITE,
    PV_FIELD_PURPOSE,
    PV_FIELD_DNT, /* "1": no consent */
    PV_FIELD_GPC,
    PV_FIELD_TITLE, /* of the article, as the site itself says */
    PV_FIELD_SECTION,
    PV_FIELDS
};

/* A field, and which is taken when several of a line say it: the highest rank, of one rank the
 * last. */
struct pv_log_name {
    enum pv_log_field field;
    uint8_t rank;
};

/* What a line says. All zero is nothing yet. */
struct pv_log_values {
    struct pv_text text[PV_FIELDS];
    uint8_t rank[PV_FIELDS]; /* 1 more than that of the text, 0: it says nothing */
};

/* Empty or "-": what a server writes when there is nothing to write. */
static inline bool pv_log_text_is_void(struct pv_text text)
{
    return text.length == 0 || (text.length == 1 && *text.data == '-');
}

/* Takes a text. One that says nothing does not replace another. */
static inline void pv_log_values_take(struct pv_log_values *values, struct pv_log_name name,
                                      struct pv_text text)
{
    if (pv_log_text_is_void(text)) {
        if (values->rank[name.field] == 0)
            values->text[name.field] = text;
    } else if (name.rank + 1 >= values->rank[name.field]) {
        values->text[name.field] = text;
        values->rank[name.field] = (uint8_t)(name.rank + 1);
    }
}

/* The field that a request header has: "User-Agent", "user_agent". */
struct pv_log_name pv_log_field_of_header(const char *name, size_t length);

/* The field that a header of the answer has: "X-Article-Title". A site says these of its own pages;
 * what is in a request, anybody can have sent. */
struct pv_log_name pv_log_field_of_answer(const char *name, size_t length);

/* The field of either, by nginx's name for it: "http_user_agent", "sent_http_x_article_title". */
struct pv_log_name pv_log_field_of_variable(const char *name, size_t length);

/* Bytes that a target may need when it is put together from its parts. */
#define PV_LOG_TARGET_MAX (3 * PV_LOG_FORMAT_LINE_MAX + 1)

/* Makes a hit but for its time. False when there is no status, no request and no method with a
 * path. A target that has to be put together is written to `target`, of PV_LOG_TARGET_MAX bytes;
 * else the texts of the hit are those of `values`. */
bool pv_log_values_to_hit(const struct pv_log_values *values, char *target, struct pv_hit *hit);

/* What fields (bits of 1 << enum pv_log_field) lack for that: one of "request", "status"; NULL. */
const char *pv_log_fields_missing(unsigned fields);

/* The method is what is before the first space (all, when there is none), the protocol the last
 * word if it looks like one, and what is between them is the target, spaces and all. */
void pv_log_split_request(struct pv_text request, struct pv_hit *hit);

/* A host or an address without the port behind it; "[::1]:80" is "[::1]". Absent when it is "-" or
 * empty. */
struct pv_text pv_log_without_port(struct pv_text host);

/* As names are compared: in lower case, with underscores for hyphens. */
static inline char pv_log_plain_char(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if (c == '-')
        return '_';
    return c;
}

/* True when a name is `known`, which is in lower case with underscores: `name` may have capitals
 * and hyphens. */
bool pv_log_name_is(const char *name, size_t length, const char *known);

#endif
