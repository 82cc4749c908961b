#include "aggregator/hll_sketch.h"

#include <string.h>

enum {
    HEADER_SIZE = 16,
    DENSE = 0,
    SPARSE = 1,
    NOT_KNOWN = 0x80, /* in the last byte of the cardinality */
    SPARSE_SIZE_MAX = 3000,
    SPARSE_RANK_MAX = 32,
    ZERO_MAX = 64,   /* registers of a run in one byte: 00nnnnnn, n less 1 */
    XZERO = 0x40,    /* a longer one in two: 01nnnnnn nnnnnnnn, n less 1 */
    VALUE = 0x80,    /* 1vvvvvnn: n + 1 registers of the value v + 1 */
    PLACE_BYTES = 3, /* a run of zeros and a register, at most */
    REGISTER_BITS = 6,
};

static size_t write_header(char *sketch, char encoding)
{
    static const char magic[] = {'H', 'Y', 'L', 'L'};

    memcpy(sketch, magic, sizeof magic);
    memset(sketch + sizeof magic, 0, HEADER_SIZE - sizeof magic);
    sketch[sizeof magic] = encoding;
    sketch[HEADER_SIZE - 1] = (char)NOT_KNOWN;
    return HEADER_SIZE;
}

static size_t write_zeros(char *at, size_t run)
{
    if (run == 0)
        return 0;
    if (run <= ZERO_MAX) {
        at[0] = (char)(run - 1);
        return 1;
    }
    at[0] = (char)(XZERO | (run - 1) >> 8);
    at[1] = (char)((run - 1) & 0xff);
    return 2;
}

/* 0 when it would be too large, or cannot say a rank. */
static size_t write_sparse(const struct pv_hll_place *places, size_t count, char *sketch)
{
    size_t length = write_header(sketch, SPARSE), next = 0;

    for (size_t i = 0; i < count; i++) {
        if (places[i].rank > SPARSE_RANK_MAX || length + (size_t)2 * PLACE_BYTES > SPARSE_SIZE_MAX)
            return 0;
        length += write_zeros(sketch + length, places[i].index - next);
        sketch[length++] = (char)(VALUE | (places[i].rank - 1) << 2);
        next = (size_t)places[i].index + 1;
    }
    return length + write_zeros(sketch + length, PV_HLL_REGISTERS - next);
}

/* Registers follow one another from the lowest bit of each byte on. */
static size_t write_dense(const struct pv_hll_place *places, size_t count, char *sketch)
{
    unsigned char *registers = (unsigned char *)sketch + write_header(sketch, DENSE);

    memset(registers, 0, PV_HLL_SKETCH_MAX - HEADER_SIZE);
    for (size_t i = 0; i < count; i++) {
        size_t bit = (size_t)places[i].index * REGISTER_BITS;
        unsigned shifted = (unsigned)places[i].rank << bit % 8;

        registers[bit / 8] |= (unsigned char)shifted;
        if (shifted > 0xff)
            registers[bit / 8 + 1] |= (unsigned char)(shifted >> 8);
    }
    return PV_HLL_SKETCH_MAX;
}

size_t pv_hll_sketch_write(const struct pv_hll_place *places, size_t count,
                           char sketch[PV_HLL_SKETCH_MAX])
{
    size_t length = write_sparse(places, count, sketch);

    return length > 0 ? length : write_dense(places, count, sketch);
}
