/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef PAGEVIEW_UTF8_H
#define PAGEVIEW_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes (1 to 4) of the character at `text`, or 0 when the `length` bytes
 * there do not begin with a whole valid one. `*code_point` is set when not 0. */
size_t pv_utf8_decode(const char *text, size_t length, uint32_t *code_point);

/* Writes the character's 1 to 4 bytes to `out`, and returns how many. */
size_t pv_utf8_encode(uint32_t code_point, char *out);

bool pv_utf8_is_valid(const char *text, size_t length);

/* Length of the text, or where to cut it so that it has `max` bytes at most and no half character.
 */
size_t pv_utf8_cut(const char *text, size_t length, size_t max);

/* U+0000–U+001F, U+007F–U+009F. */
static inline bool pv_utf8_is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

/* True when the text is valid UTF-8 and has no control character. */
bool pv_utf8_is_printable(const char *text, size_t length);

#endif
