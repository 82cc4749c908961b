#include "pageview/utf8.h"

#include "pageview/eight_bytes.h"

size_t pv_utf8_decode(const char *text, size_t length, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t value;
    size_t size;

    if (length == 0)
        return 0;
    if (bytes[0] < 0x80) {
        *code_point = bytes[0];
        return 1;
    }
    if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf) {
        size = 2;
        value = bytes[0] & 0x1fU;
    } else if ((bytes[0] & 0xf0) == 0xe0) {
        size = 3;
        value = bytes[0] & 0x0fU;
    } else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4) {
        size = 4;
        value = bytes[0] & 0x07U;
    } else {
        return 0;
    }
    if (length < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3fU);
    }
    if (value < smallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code_point = value;
    return size;
}

size_t pv_utf8_encode(uint32_t code_point, char *out)
{
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0}; /* of the first byte, by size */
    size_t size = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;

    for (size_t at = size - 1; at > 0; at--) {
        out[at] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    out[0] = (char)(marks[size] | code_point);
    return size;
}

/* Bytes at the start of `text` that are plain ASCII, counted eight at a time. */
static size_t ascii_prefix(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= 8 && pv_any_high(pv_eight_bytes(text + at)) == 0)
        at += 8;
    return at;
}

/* The same of visible ASCII. */
static size_t visible_prefix(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= 8) {
        uint64_t word = pv_eight_bytes(text + at);

        if ((pv_any_high(word) | pv_any_below(word, ' ') | pv_any_is(word, 0x7f)) != 0)
            break;
        at += 8;
    }
    return at;
}

bool pv_utf8_is_valid(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint32_t code_point;
        size_t size;

        at += ascii_prefix(text + at, length - at);
        if (at == length)
            break;
        size = pv_utf8_decode(text + at, length - at, &code_point);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

bool pv_utf8_is_printable(const char *text, size_t length)
{
    size_t at = visible_prefix(text, length);

    while (at < length) {
        uint32_t code_point;
        size_t size = pv_utf8_decode(text + at, length - at, &code_point);

        if (size == 0 || pv_utf8_is_control(code_point))
            return false;
        at += size;
    }
    return true;
}

size_t pv_utf8_cut(const char *text, size_t length, size_t max)
{
    if (length <= max)
        return length;
    while (max > 0 && (text[max] & 0xc0) == 0x80)
        max--;
    return max;
}
