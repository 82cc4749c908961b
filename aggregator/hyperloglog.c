#include "aggregator/hyperloglog.h"

#include <string.h>

#define MURMUR_SEED  UINT64_C(0xadc83b19) /* Redis's own */
#define MURMUR_M     UINT64_C(0xc6a4a7935bd1e995)
#define MURMUR_SHIFT 47

#define MURMUR_M_INVERSE UINT64_C(0x5f7a0ea7e59b19bd) /* MURMUR_M * it = 1, modulo 2^64 */

enum { INDEX_BITS = 14, RANK_BITS = 50 };

/* Redis reads little-endian words on every machine, as sketches travel between them. */
static uint64_t little_endian(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

static uint64_t murmur_64a(const unsigned char *data, size_t length)
{
    uint64_t hash = MURMUR_SEED ^ (uint64_t)length * MURMUR_M;
    uint64_t word;

    for (; length >= sizeof word; data += sizeof word, length -= sizeof word) {
        memcpy(&word, data, sizeof word);
        word = little_endian(word) * MURMUR_M;
        word = (word ^ word >> MURMUR_SHIFT) * MURMUR_M;
        hash = (hash ^ word) * MURMUR_M;
    }
    if (length > 0) {
        word = 0;
        memcpy(&word, data, length);
        hash = (hash ^ little_endian(word)) * MURMUR_M;
    }
    hash = (hash ^ hash >> MURMUR_SHIFT) * MURMUR_M;
    return hash ^ hash >> MURMUR_SHIFT;
}

struct pv_hll_place pv_hll_place_of(const void *data, size_t length)
{
    uint64_t hash = murmur_64a(data, length);
    uint64_t rest = hash >> INDEX_BITS | UINT64_C(1) << RANK_BITS; /* so that the zeros end */

    return (struct pv_hll_place){.index = (uint16_t)(hash & (PV_HLL_REGISTERS - 1)),
                                 .rank = (uint8_t)(__builtin_ctzll(rest) + 1)};
}

/* Each step of MurmurHash64A over one word can be undone: the multiplier is odd, and a shift by 47
 * leaves the bits that were shifted in as they are. So there is one word for each hash. */
void pv_hll_element_of(struct pv_hll_place place, unsigned char element[PV_HLL_ELEMENT_SIZE])
{
    uint64_t hash = place.index;
    uint64_t word;

    if (place.rank <= RANK_BITS)
        hash |= UINT64_C(1) << (INDEX_BITS + place.rank - 1);
    hash = (hash ^ hash >> MURMUR_SHIFT) * MURMUR_M_INVERSE;
    hash = (hash ^ hash >> MURMUR_SHIFT) * MURMUR_M_INVERSE;
    word = hash ^ MURMUR_SEED ^ PV_HLL_ELEMENT_SIZE * MURMUR_M;
    word *= MURMUR_M_INVERSE;
    word = little_endian((word ^ word >> MURMUR_SHIFT) * MURMUR_M_INVERSE);
    memcpy(element, &word, sizeof word);
}
