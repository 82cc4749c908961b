#include "pageview/json_strict.h"

#include <string.h>

#include "pageview/utf8.h"

struct scan {
    char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_digits(struct scan *scan)
{
    char *first = scan->at;

    while (scan->at < scan->end && is_digit(*scan->at))
        scan->at++;
    return (size_t)(scan->at - first);
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool number(struct scan *scan)
{
    if (*scan->at == '-')
        scan->at++;
    if (scan->at < scan->end && *scan->at == '0') {
        scan->at++;
    } else if (skip_digits(scan) == 0) {
        return false;
    }
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (skip_digits(scan) == 0)
            return false;
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
            scan->at++;
        if (skip_digits(scan) == 0)
            return false;
    }
    return scan->at == scan->end || !is_digit(*scan->at);
}

/* From behind the opening quote to behind the closing one. */
static bool string(struct scan *scan)
{
    while (scan->at < scan->end) {
        char c = *scan->at++;

        if (c == '"')
            return true;
        if ((unsigned char)c < 0x20)
            return false;
        if (c == '\\' && scan->at < scan->end) {
            if (scan->end - scan->at >= 5 && memcmp(scan->at, "u0000", 5) == 0)
                scan->at[4] = '1';
            scan->at++;
        }
    }
    return false;
}

bool pv_json_strict(char *text, size_t length)
{
    struct scan scan = {text, text + length};

    if (!pv_utf8_is_valid(text, length))
        return false;
    while (scan.at < scan.end) {
        char c = *scan.at;

        if (c == '"') {
            scan.at++;
            if (!string(&scan))
                return false;
        } else if (c == '-' || is_digit(c)) {
            if (!number(&scan))
                return false;
        } else if ((unsigned char)c >= 0x7f ||
                   ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
            return false;
        } else {
            scan.at++;
        }
    }
    return true;
}
