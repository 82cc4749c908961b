#include "pageview/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_buffer_clean_up(struct pv_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct pv_buffer){0};
}

void pv_buffer_reset(struct pv_buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
}

char *pv_buffer_reserve(struct pv_buffer *buffer, size_t more)
{
    if (buffer->data == NULL || buffer->capacity - buffer->length < more) {
        size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
        char *data = NULL;

        while (capacity - buffer->length < more && capacity <= SIZE_MAX / 2)
            capacity *= 2;
        if (capacity - buffer->length >= more)
            data = realloc(buffer->data, capacity);
        if (data == NULL) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void pv_buffer_add(struct pv_buffer *buffer, const void *data, size_t length)
{
    char *end = pv_buffer_reserve(buffer, length);

    if (end == NULL || length == 0)
        return;
    memcpy(end, data, length);
    buffer->length += length;
}

void pv_buffer_add_text(struct pv_buffer *buffer, const char *text)
{
    pv_buffer_add(buffer, text, strlen(text));
}

void pv_buffer_add_char(struct pv_buffer *buffer, char c)
{
    pv_buffer_add(buffer, &c, 1);
}

void pv_buffer_add_number(struct pv_buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    pv_buffer_add(buffer, digits + at, sizeof digits - at);
}

void pv_buffer_add_format(struct pv_buffer *buffer, const char *format, ...)
{
    va_list args, again;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && pv_buffer_reserve(buffer, (size_t)length + 1) != NULL) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}
