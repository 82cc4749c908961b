/* The order of Redis: bytes as unsigned numbers, a prefix before what it begins. */
#ifndef DASHBOARD_EXPORT_BYTES_H
#define DASHBOARD_EXPORT_BYTES_H

#include <stddef.h>
#include <string.h>

/* Negative, 0 or positive, as memcmp. */
static inline int pv_bytes_compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

#endif
