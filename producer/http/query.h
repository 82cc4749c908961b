/* Query strings and forms: application/x-www-form-urlencoded. No I/O, no memory of its own. */
#ifndef PRODUCER_HTTP_QUERY_H
#define PRODUCER_HTTP_QUERY_H

#include "pageview/event.h"

struct pv_query_field {
    const char *name;
    struct pv_text value; /* data NULL: not there. Any bytes, NULs included */
};

/* Finds the `count` fields among the `length` bytes of "a=1&b=2" at `text`, which are decoded in
 * place; the values live there. Of a field that stands there twice the first counts. A `+` is a
 * space; a `%` without two hex digits stands for itself. Anything is a query, so this cannot fail.
 */
void pv_query_parse(char *text, size_t length, struct pv_query_field *fields, size_t count);

#endif
