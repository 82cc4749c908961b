/* A line as fixed text and variables in turn, such as `$remote_addr - [$time_local] "$request"`:
 * built once, then matched with each line. No I/O.
 *
 * A variable's text ends where the fixed text behind it occurs first, escaped characters aside.
 * When a time, a status or a protocol comes next, that has to stand there as well: so a user's name
 * may have spaces and brackets in it. */
#ifndef PRODUCER_FORMATS_LINE_PATTERN_H
#define PRODUCER_FORMATS_LINE_PATTERN_H

#include "pageview/buffer.h"
#include "pageview/status.h"
#include "producer/formats/log_fields.h"
#include "producer/formats/log_time.h"
#include "producer/formats/text_escape.h"
#include "producer/formats/time_pattern.h"

enum pv_variable_kind {
    PV_VARIABLE_TEXT,
    PV_VARIABLE_CLF,      /* a time as in combined, without its brackets */
    PV_VARIABLE_TIME,     /* of a pattern of time_pattern.h */
    PV_VARIABLE_STATUS,   /* three digits */
    PV_VARIABLE_PROTOCOL, /* "HTTP/…" or "-"; told apart so that a target may hold spaces */
};

struct pv_variable {
    enum pv_variable_kind kind;
    struct pv_log_name name; /* of a text or a status */
    struct pv_text pattern;  /* of a time; has to outlive the line pattern */
    size_t literal_at;       /* fixed text behind it, in `literals` */
    size_t literal_length;
};

/* All zero, but for `escape`, is an empty one. */
struct pv_line_pattern {
    enum pv_escape escape;
    struct pv_buffer literals;
    struct pv_buffer variables; /* struct pv_variable */
    size_t count;
    size_t front_length;  /* of the fixed text in front of the first variable */
    unsigned fields;      /* 1 << enum pv_log_field of all variables */
    unsigned time_bits;   /* 1 << enum pv_time_part of all */
    struct pv_text named; /* the last variable, as it was written */
};

void pv_line_pattern_clean_up(struct pv_line_pattern *pattern);

/* Adds fixed text behind what is there. */
void pv_line_pattern_add_char(struct pv_line_pattern *pattern, char c);

/* Adds a variable that was written as `named`, which has to stay until the last one is added.
 * PV_INVALID when no fixed text is between it and the one before. */
enum pv_status pv_line_pattern_add(struct pv_line_pattern *pattern, struct pv_variable variable,
                                   struct pv_text named, struct pv_error *error) PV_MUST_CHECK;

/* How variables are written in a format. */
struct pv_line_pattern_syntax {
    char mark; /* that each begins with */
    /* Adds the one that begins at `*at`, and moves `*at` behind it. */
    enum pv_status (*add)(const char **at, const char *end, struct pv_line_pattern *pattern,
                          struct pv_error *error);
    const char *time, *request, *status; /* what adds one that is missing, for people */
};

/* Adds all of a format to an empty pattern. PV_INVALID also when it has no time, request or
 * status. */
enum pv_status pv_line_pattern_compile(struct pv_line_pattern *pattern, struct pv_text format,
                                       const struct pv_line_pattern_syntax *syntax,
                                       struct pv_error *error) PV_MUST_CHECK;

/* Where a line's texts go when they have to be changed, and what is kept between lines. All zero is
 * a fresh one. */
struct pv_line_room {
    struct pv_time_cache time;
    char unescaped[PV_LOG_FORMAT_LINE_MAX];
    char target[PV_LOG_TARGET_MAX];
};

/* False when the line is not of the pattern; `*hit` is undefined then. `length` is at most
 * PV_LOG_FORMAT_LINE_MAX. */
bool pv_line_pattern_match(const struct pv_line_pattern *pattern, struct pv_line_room *room,
                           const char *line, size_t length, struct pv_hit *hit);

#endif
