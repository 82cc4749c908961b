/* Regular expressions: the one wrapper of PCRE2. Patterns come from the operator, subjects from
 * the outside, so a match's work is bounded. */
#ifndef PRODUCER_PATTERN_H
#define PRODUCER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/event.h"
#include "pageview/status.h"

struct pv_pattern;

enum pv_pattern_kind {
    PV_PATTERN_UTF8,           /* subjects are UTF-8, known to be valid; case counts */
    PV_PATTERN_BYTES_CASELESS, /* subjects are any bytes; ASCII letters match in either case */
};

enum pv_pattern_result { PV_PATTERN_NO_MATCH, PV_PATTERN_MATCH, PV_PATTERN_GAVE_UP };

/* Compiles the `length` bytes of `text`. PV_INVALID tells what is wrong and at which character of
 * `text`, and nothing else: the caller puts where it came from in front. Groups do not capture.
 * The caller destroys `*pattern`. For one thread at a time. */
enum pv_status pv_pattern_new(const char *text, size_t length, enum pv_pattern_kind kind,
                              struct pv_pattern **pattern, struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. */
void pv_pattern_destroy(struct pv_pattern *pattern);

/* Looks for the pattern anywhere in `subject`. Gives up on subjects that take too much work. */
enum pv_pattern_result pv_pattern_search(const struct pv_pattern *pattern, struct pv_text subject);

#endif
