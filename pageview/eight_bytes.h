/* Eight bytes of text looked at in one step. A word is made by pv_eight_bytes; each test gives a
 * word that is 0 when no byte of it passes. That a test is not 0 may be a false alarm where a byte
 * before passes, so callers then look byte by byte.
 * Source: "Bit Twiddling Hacks" by Sean Eron Anderson, "Determine if a word has a byte …". */
#ifndef PAGEVIEW_EIGHT_BYTES_H
#define PAGEVIEW_EIGHT_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PV_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t pv_eight_bytes(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return word;
}

/* Bytes of 0x80 and above. */
static inline uint64_t pv_any_high(uint64_t word)
{
    return word & PV_EACH_BYTE(0x80);
}

/* Bytes below `limit`, which is 0x80 at most. */
static inline uint64_t pv_any_below(uint64_t word, uint8_t limit)
{
    return (word - PV_EACH_BYTE(limit)) & ~word & PV_EACH_BYTE(0x80);
}

/* Bytes that are `byte`. */
static inline uint64_t pv_any_is(uint64_t word, uint8_t byte)
{
    return pv_any_below(word ^ PV_EACH_BYTE(byte), 1);
}

/* How many bytes from `at` on, in steps of eight, are neither a quote, nor a backslash, nor a
 * control character: what a string of JSON may have as it is. */
static inline size_t pv_json_plain_bytes(const char *at, const char *end)
{
    size_t plain = 0;

    for (; end - at >= 8; at += 8, plain += 8) {
        uint64_t word = pv_eight_bytes(at);

        if ((pv_any_is(word, '"') | pv_any_is(word, '\\') | pv_any_below(word, ' ')) != 0)
            break;
    }
    return plain;
}

#endif
