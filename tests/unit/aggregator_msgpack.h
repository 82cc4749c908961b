/* Reads MessagePack, written from its specification: arrays, texts, unsigned numbers. */
#ifndef AGGREGATOR_MSGPACK_READER_H
#define AGGREGATOR_MSGPACK_READER_H

#include "test_pageview_support.h"

struct msgpack_reader {
    const unsigned char *at, *end;
};

static inline struct msgpack_reader msgpack_reader(const char *data, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)data;

    return (struct msgpack_reader){bytes, bytes + length};
}

static inline uint64_t msgpack_big_endian(struct msgpack_reader *reader, int size)
{
    uint64_t number = 0;

    assert_true(reader->end - reader->at >= size);
    for (int i = 0; i < size; i++)
        number = number << 8 | *reader->at++;
    return number;
}

static inline uint64_t msgpack_read_number(struct msgpack_reader *reader)
{
    unsigned type = (unsigned)msgpack_big_endian(reader, 1);

    if (type < 0x80)
        return type;
    if (type < 0xcc || type > 0xcf)
        fail_msg("0x%02x begins no unsigned number", type);
    return msgpack_big_endian(reader, 1 << (type - 0xcc));
}

static inline size_t msgpack_read_array(struct msgpack_reader *reader)
{
    unsigned type = (unsigned)msgpack_big_endian(reader, 1);

    if ((type & 0xf0) == 0x90)
        return type & 0x0f;
    if (type != 0xdc && type != 0xdd)
        fail_msg("0x%02x begins no array", type);
    return (size_t)msgpack_big_endian(reader, type == 0xdc ? 2 : 4);
}

/* The bytes stay where they are. */
static inline const char *msgpack_read_text(struct msgpack_reader *reader, size_t *length)
{
    unsigned type = (unsigned)msgpack_big_endian(reader, 1);
    const char *text;

    *length = 0;
    if ((type & 0xe0) == 0xa0)
        *length = type & 0x1f;
    else if (type >= 0xd9 && type <= 0xdb)
        *length = (size_t)msgpack_big_endian(reader, 1 << (type - 0xd9));
    else
        fail_msg("0x%02x begins no text", type);
    assert_true((size_t)(reader->end - reader->at) >= *length);
    text = (const char *)reader->at;
    reader->at += *length;
    return text;
}

static inline bool msgpack_next_is_text(const struct msgpack_reader *reader)
{
    return reader->at < reader->end &&
           ((*reader->at & 0xe0) == 0xa0 || (*reader->at >= 0xd9 && *reader->at <= 0xdb));
}

#endif
