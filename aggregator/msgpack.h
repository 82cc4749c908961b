/* The three kinds of MessagePack that a commit needs: arrays, texts, unsigned numbers.
 * https://github.com/msgpack/msgpack/blob/master/spec.md */
#ifndef AGGREGATOR_MSGPACK_H
#define AGGREGATOR_MSGPACK_H

#include <stdint.h>

#include "pageview/buffer.h"

void pv_msgpack_array(struct pv_buffer *buffer, uint32_t count);
/* Corrects the count of the array that was begun at `at` of the buffer, which has not failed. */
void pv_msgpack_set_array(struct pv_buffer *buffer, size_t at, uint32_t count);
/* Texts of up to 65,535 bytes. */
void pv_msgpack_text(struct pv_buffer *buffer, const char *text, uint16_t length);
void pv_msgpack_number(struct pv_buffer *buffer, uint64_t number);

#endif
