/* Bytes that grow. */
#ifndef PAGEVIEW_BUFFER_H
#define PAGEVIEW_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

/* All zero is an empty buffer. A failed append sets `failed` and changes nothing else, so a
 * run of appends is checked once at its end. */
struct pv_buffer {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void pv_buffer_clean_up(struct pv_buffer *buffer);
/* Empties it and keeps its memory; nothing has failed then. */
void pv_buffer_reset(struct pv_buffer *buffer);
/* Makes room for `more` bytes behind the end; NULL when memory is out. */
char *pv_buffer_reserve(struct pv_buffer *buffer, size_t more);
void pv_buffer_add(struct pv_buffer *buffer, const void *data, size_t length);
void pv_buffer_add_text(struct pv_buffer *buffer, const char *text);
void pv_buffer_add_char(struct pv_buffer *buffer, char c);
/* In decimal. */
void pv_buffer_add_number(struct pv_buffer *buffer, uint64_t number);
void pv_buffer_add_format(struct pv_buffer *buffer, const char *format, ...) PV_PRINTF(2, 3);

#endif
