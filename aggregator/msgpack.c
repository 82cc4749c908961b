#include "aggregator/msgpack.h"

/* `size` bytes of `number`, most significant first. */
static void put_big_endian(char *at, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (char)(number >> (8 * (size - 1 - i)));
}

static void add_big_endian(struct pv_buffer *buffer, uint8_t type, uint64_t number, unsigned size)
{
    char *end = pv_buffer_reserve(buffer, size + 1);

    if (end == NULL)
        return;
    end[0] = (char)type;
    put_big_endian(end + 1, number, size);
    buffer->length += size + 1;
}

void pv_msgpack_array(struct pv_buffer *buffer, uint32_t count)
{
    add_big_endian(buffer, 0xdd, count, 4);
}

void pv_msgpack_set_array(struct pv_buffer *buffer, size_t at, uint32_t count)
{
    put_big_endian(buffer->data + at + 1, count, 4);
}

void pv_msgpack_text(struct pv_buffer *buffer, const char *text, uint16_t length)
{
    if (length < 32)
        pv_buffer_add_char(buffer, (char)(0xa0 | length));
    else
        add_big_endian(buffer, 0xda, length, 2);
    pv_buffer_add(buffer, text, length);
}

void pv_msgpack_number(struct pv_buffer *buffer, uint64_t number)
{
    if (number < 0x80)
        pv_buffer_add_char(buffer, (char)number);
    else if (number <= UINT16_MAX)
        add_big_endian(buffer, 0xcd, number, 2);
    else if (number <= UINT32_MAX)
        add_big_endian(buffer, 0xce, number, 4);
    else
        add_big_endian(buffer, 0xcf, number, 8);
}
