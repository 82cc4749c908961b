/* What cJSON forgives and RFC 8259 does not. */
#ifndef PAGEVIEW_JSON_STRICT_H
#define PAGEVIEW_JSON_STRICT_H

#include <stdbool.h>
#include <stddef.h>

/* False when the text has something that cJSON accepts though it is no JSON: invalid UTF-8, a
 * byte order mark, raw control characters, numbers like 01 or 1., \u without four hex digits.
 * Anything else that is wrong is left for cJSON to find.
 *
 * Where cJSON's values would lose what the schema asks about, the text is changed in place to what
 * the schema answers alike:
 * - \u0000 becomes \u0001: cJSON's strings end at a NUL, which would hide what follows. U+0001 is
 *   refused wherever U+0000 is.
 * - Half of a surrogate pair becomes \u0001 too: it is JSON, but no text in UTF-8.
 * - A number that is not whole, or of 10^15 or more, becomes 0.5: a double would round
 *   1.00000000000000001 to 1. One of more than 63 characters is written in short. */
bool pv_json_strict(char *text, size_t length);

#endif
