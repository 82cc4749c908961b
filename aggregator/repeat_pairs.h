/* The pairs of article and visitor that a memory of repeats holds: a hash table of them, packed.
 *
 * A pair has a number, its place: 0 to count - 1. The pairs are in blocks, so that none is moved to
 * make room for more. The table is probed from the slot that the upper bits of a pair's tag say;
 * nearly always the tag alone tells that a pair is new, and no pair has to come from memory.
 *
 * Memory: 32 bytes a pair, in blocks of 4,096 pairs, and two to four slots of 8 bytes, up to eight
 * after many pairs have gone: 48 to 64 bytes a pair, up to 96. */
#ifndef AGGREGATOR_REPEAT_PAIRS_H
#define AGGREGATOR_REPEAT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_REPEAT_NO_PAIR UINT32_MAX

/* XXH3, 128 bits, of the article, a NUL and the visitor. */
struct pv_repeat_key {
    uint64_t low, high;
};

struct pv_repeat_pair {
    struct pv_repeat_key key;
    int64_t latest_ms;     /* of its views */
    uint32_t older, newer; /* neighbours in the list of its minute */
};

struct pv_repeat_slot {
    uint32_t tag; /* the upper half of key.low */
    uint32_t at;  /* the pair; PV_REPEAT_NO_PAIR when the slot is free */
};

/* All zero is an empty one. */
struct pv_repeat_pairs {
    struct pv_repeat_pair **blocks;
    size_t count, block_count, block_room; /* room for blocks */
    struct pv_repeat_slot *slots;
    int slots_log2; /* 0 before the first pair */
};

#define PV_REPEAT_BLOCK_LOG2 12

static inline struct pv_repeat_pair *pv_repeat_pair_at(const struct pv_repeat_pairs *pairs,
                                                       uint32_t at)
{
    return &pairs->blocks[at >> PV_REPEAT_BLOCK_LOG2][at & ((1 << PV_REPEAT_BLOCK_LOG2) - 1)];
}

/* Forgets all, and gives the memory back. */
void pv_repeat_pairs_clear(struct pv_repeat_pairs *pairs);

/* Fetches the slot that the pair is found by from memory, and does not wait for it. */
void pv_repeat_pairs_prefetch(const struct pv_repeat_pairs *pairs, struct pv_repeat_key key);

/* The pair's place, or PV_REPEAT_NO_PAIR. */
uint32_t pv_repeat_pairs_find(const struct pv_repeat_pairs *pairs, struct pv_repeat_key key);

/* Makes room for one more; false when memory is out, and all is as it was. */
bool pv_repeat_pairs_reserve(struct pv_repeat_pairs *pairs);

/* Adds a pair that is not there; its place is reserved. The rest of it is the caller's to set. */
uint32_t pv_repeat_pairs_add(struct pv_repeat_pairs *pairs, struct pv_repeat_key key);

/* Removes a pair. The last one moves to its place, if it is another. */
void pv_repeat_pairs_remove(struct pv_repeat_pairs *pairs, uint32_t at);

/* Gives back the memory that is not needed any more. */
void pv_repeat_pairs_shrink(struct pv_repeat_pairs *pairs);

#endif
