#include "pageview/json_strict.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pageview/eight_bytes.h"
#include "pageview/hex.h"
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

enum { EXPONENT_MAX = 100000, CJSON_NUMBER_MAX = 63 };

/* Ten to the power of this is where whole_value stops: a double holds less exactly. */
static const int64_t whole_limit = INT64_C(1000000000000000);

static bool multiply_by_tens(int64_t *value, long count)
{
    for (; count > 0 && *value < whole_limit; count--)
        *value *= 10;
    return *value < whole_limit;
}

static long exponent_value(const char *at, const char *end)
{
    bool negative = *at == '-';
    long value = 0;

    for (at += *at == '-' || *at == '+'; at < end && value < EXPONENT_MAX; at++)
        value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

/* The value of the number at..end when it is whole and below the limit; false otherwise. Zeros are
 * held back until another digit follows: at the end they only move the point. */
static bool whole_value(const char *at, const char *end, int64_t *value)
{
    bool negative = *at == '-', fraction = false;
    long zeros = 0, decimals = 0, exponent = 0;
    int64_t digits = 0;

    for (at += negative; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        decimals += fraction;
        zeros++;
        if (*at == '0')
            continue;
        if (!multiply_by_tens(&digits, zeros))
            return false;
        digits += *at - '0';
        zeros = 0;
    }
    if (at < end)
        exponent = exponent_value(at + 1, end);
    if (digits != 0) {
        long tens = zeros - decimals + exponent;

        if (tens < 0 || !multiply_by_tens(&digits, tens))
            return false;
    }
    *value = negative ? -digits : digits;
    return true;
}

/* Writes the number anew where cJSON's double would not tell whether it is whole, or cJSON would
 * stop reading before its end. */
static void settle_number(char *first, const char *end)
{
    size_t size = (size_t)(end - first);
    char text[24] = "0.5";
    size_t length = 3;
    int64_t value;

    if (whole_value(first, end, &value)) {
        if (size <= CJSON_NUMBER_MAX)
            return;
        length = (size_t)snprintf(text, sizeof text, "%" PRId64, value);
    }
    memset(first, ' ', size);
    memcpy(first, text, length);
}

static bool may_follow_a_number(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and then what may stand behind a value. */
static bool number(struct scan *scan)
{
    char *first = scan->at;

    if (*scan->at == '-')
        scan->at++;
    if (scan->at < scan->end && *scan->at == '0')
        scan->at++;
    else if (skip_digits(scan) == 0)
        return false;
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
    if (scan->at < scan->end && !may_follow_a_number(*scan->at))
        return false;
    settle_number(first, scan->at);
    return true;
}

static bool hex4(struct scan *scan, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        int digit = scan->at < scan->end ? pv_hex_value(*scan->at) : -1;

        if (digit < 0)
            return false;
        *code = *code << 4 | (unsigned)digit;
    }
    return true;
}

static bool is_low_surrogate(unsigned code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* From behind a backslash to behind its escape. Which letters there are is left for cJSON; that
 * four hex digits follow a \u is not, since it takes anything else for \u0000. */
static bool escape(struct scan *scan)
{
    unsigned code, low;

    if (scan->at == scan->end)
        return false;
    if (*scan->at++ != 'u')
        return true;
    if (!hex4(scan, &code))
        return false;
    if (code >= 0xd800 && code <= 0xdbff && scan->end - scan->at >= 2 && scan->at[0] == '\\' &&
        scan->at[1] == 'u') {
        struct scan second = {scan->at + 2, scan->end};

        if (!hex4(&second, &low))
            return false;
        if (is_low_surrogate(low)) {
            *scan = second;
            return true;
        }
    }
    if (code == 0 || (code >= 0xd800 && code <= 0xdbff) || is_low_surrogate(code))
        memcpy(scan->at - 4, "0001", 4);
    return true;
}

/* From behind the opening quote to behind the closing one. */
static bool string(struct scan *scan)
{
    scan->at += pv_json_plain_bytes(scan->at, scan->end);
    while (scan->at < scan->end) {
        char c = *scan->at++;

        if (c == '"')
            return true;
        if ((unsigned char)c < 0x20 || (c == '\\' && !escape(scan)))
            return false;
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
