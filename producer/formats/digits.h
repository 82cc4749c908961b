/* Numbers of a fixed width in the lines of logs. */
#ifndef PRODUCER_FORMATS_DIGITS_H
#define PRODUCER_FORMATS_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool pv_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of `count` digits, 9 at most, or -1. */
static inline int pv_digits(const char *text, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (!pv_is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

#endif
