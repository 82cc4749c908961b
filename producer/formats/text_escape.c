#include "producer/formats/text_escape.h"

#include <string.h>

#include "pageview/hex.h"
#include "pageview/utf8.h"

/* The byte that two hex digits stand for, or -1. */
static int hex_byte(const char *at)
{
    int high = pv_hex_value(at[0]), low = pv_hex_value(at[1]);

    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

const char *pv_escape_undo_c(const char *at, const char *end, char **out)
{
    static const char letters[] = "\"\\ntrvbf", meanings[] = "\"\\\n\t\r\v\b\f";
    const char *letter = at[1] == '\0' ? NULL : strchr(letters, at[1]);

    if (letter != NULL) {
        *(*out)++ = meanings[letter - letters];
        return at + 2;
    }
    if (at[1] == 'x' && end - at >= 4 && hex_byte(at + 2) >= 0) {
        *(*out)++ = (char)hex_byte(at + 2);
        return at + 4;
    }
    *(*out)++ = at[0];
    *(*out)++ = at[1];
    return at + 2;
}

/* The code of the "\uHHHH" at `at`, or -1. */
static long code_unit(const char *at, const char *end)
{
    int high, low;

    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    high = hex_byte(at + 2);
    low = hex_byte(at + 4);
    return high >= 0 && low >= 0 ? high * 256L + low : -1;
}

static bool is_high_surrogate(long code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_surrogate(long code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* "\uHHHH", or two that are one character. */
static const char *undo_code(const char *at, const char *end, char **out)
{
    long code = code_unit(at, end), low;

    if (code < 0)
        return NULL;
    at += 6;
    if (is_high_surrogate(code)) {
        low = code_unit(at, end);
        if (is_low_surrogate(low)) {
            code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
            *out += pv_utf8_encode((uint32_t)code, *out);
            return at + 6;
        }
    }
    if (is_high_surrogate(code) || is_low_surrogate(code))
        code = 0xfffd;
    *out += pv_utf8_encode((uint32_t)code, *out);
    return at;
}

static const char *undo_json(const char *at, const char *end, char **out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter = at[1] == '\0' ? NULL : strchr(letters, at[1]);

    if (letter == NULL)
        return undo_code(at, end, out);
    *(*out)++ = meanings[letter - letters];
    return at + 2;
}

bool pv_escape_undo(enum pv_escape escape, struct pv_text *text, char **room)
{
    const char *at = text->data, *end = at + text->length, *backslash;
    char *out = *room;

    if (escape == PV_ESCAPE_NONE || text->length == 0 || memchr(at, '\\', text->length) == NULL)
        return true;
    while (at != NULL && (backslash = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        memcpy(out, at, (size_t)(backslash - at));
        out += backslash - at;
        at = backslash;
        if (end - at < 2) {
            if (escape == PV_ESCAPE_JSON)
                return false;
            break;
        }
        at = escape == PV_ESCAPE_JSON ? undo_json(at, end, &out) : pv_escape_undo_c(at, end, &out);
    }
    if (at == NULL)
        return false;
    memcpy(out, at, (size_t)(end - at));
    out += end - at;
    *text = (struct pv_text){*room, (size_t)(out - *room)};
    *room = out;
    return true;
}
