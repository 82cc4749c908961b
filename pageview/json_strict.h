/* What cJSON forgives and RFC 8259 does not. */
#ifndef PAGEVIEW_JSON_STRICT_H
#define PAGEVIEW_JSON_STRICT_H

#include <stdbool.h>
#include <stddef.h>

/* False when the text has something that cJSON accepts though it is no JSON: invalid UTF-8, a
 * byte order mark, raw control characters, numbers like 01 or 1. Anything else that is wrong is
 * left for cJSON to find.
 *
 * Every \u0000 escape is turned into \u0001 in place: cJSON's strings end at a NUL, which would
 * hide what follows, while U+0001 is refused wherever U+0000 is. */
bool pv_json_strict(char *text, size_t length);

#endif
