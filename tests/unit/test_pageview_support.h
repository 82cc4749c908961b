/* What cmocka wants included before it, and what several tests need. */
#ifndef TEST_PAGEVIEW_SUPPORT_H
#define TEST_PAGEVIEW_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Fails the test, showing both, unless `text` contains `part`. */
#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (strstr((text), (part)) == NULL)                                                        \
            fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                            \
    } while (0)

#define assert_lacks(text, part)                                                                   \
    do {                                                                                           \
        if (strstr((text), (part)) != NULL)                                                        \
            fail_msg("\"%s\" contains \"%s\"", (text), (part));                                    \
    } while (0)

/* In memory of exactly its size, so that a byte read behind it is seen. The caller frees it. */
static inline char *exact_copy(const void *data, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);

    assert_non_null(copy);
    if (length > 0)
        memcpy(copy, data, length);
    return copy;
}

/* A new file with these bytes; the caller unlinks it. */
static inline void write_temporary_file(char path[64], const char *data, size_t length)
{
    int file;

    strcpy(path, "/tmp/pv-unit-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, data, length), (ssize_t)length);
    close(file);
}

#endif
