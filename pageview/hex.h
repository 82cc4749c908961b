/* Hexadecimal digits of either case. */
#ifndef PAGEVIEW_HEX_H
#define PAGEVIEW_HEX_H

/* 0 to 15, or -1. */
static inline int pv_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

#endif
