#include "aggregator/repeat_pairs.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << PV_REPEAT_BLOCK_LOG2, SLOTS_MIN_LOG2 = 7, SLOTS_MAX_LOG2 = 32 };

static void free_blocks(struct pv_repeat_pairs *pairs, size_t keep)
{
    while (pairs->block_count > keep)
        free(pairs->blocks[--pairs->block_count]);
}

void pv_repeat_pairs_clear(struct pv_repeat_pairs *pairs)
{
    free_blocks(pairs, 0);
    free(pairs->blocks);
    free(pairs->slots);
    *pairs = (struct pv_repeat_pairs){0};
}

static uint32_t tag_of(struct pv_repeat_key key)
{
    return (uint32_t)(key.low >> 32);
}

static size_t home_of(const struct pv_repeat_pairs *pairs, uint32_t tag)
{
    return tag >> (SLOTS_MAX_LOG2 - pairs->slots_log2);
}

static size_t mask_of(const struct pv_repeat_pairs *pairs)
{
    return ((size_t)1 << pairs->slots_log2) - 1;
}

static size_t slot_behind(const struct pv_repeat_pairs *pairs, size_t slot)
{
    return (slot + 1) & mask_of(pairs);
}

void pv_repeat_pairs_prefetch(const struct pv_repeat_pairs *pairs, struct pv_repeat_key key)
{
    if (pairs->slots != NULL)
        __builtin_prefetch(&pairs->slots[home_of(pairs, tag_of(key))]);
}

static bool is_of(const struct pv_repeat_pairs *pairs, const struct pv_repeat_slot *slot,
                  struct pv_repeat_key key)
{
    const struct pv_repeat_pair *pair;

    if (slot->tag != tag_of(key))
        return false;
    pair = pv_repeat_pair_at(pairs, slot->at);
    return pair->key.low == key.low && pair->key.high == key.high;
}

uint32_t pv_repeat_pairs_find(const struct pv_repeat_pairs *pairs, struct pv_repeat_key key)
{
    size_t slot;

    if (pairs->slots == NULL)
        return PV_REPEAT_NO_PAIR;
    slot = home_of(pairs, tag_of(key));
    while (pairs->slots[slot].at != PV_REPEAT_NO_PAIR && !is_of(pairs, &pairs->slots[slot], key))
        slot = slot_behind(pairs, slot);
    return pairs->slots[slot].at;
}

static void take_slot(struct pv_repeat_pairs *pairs, uint32_t at)
{
    uint32_t tag = tag_of(pv_repeat_pair_at(pairs, at)->key);
    size_t slot = home_of(pairs, tag);

    while (pairs->slots[slot].at != PV_REPEAT_NO_PAIR)
        slot = slot_behind(pairs, slot);
    pairs->slots[slot] = (struct pv_repeat_slot){tag, at};
}

static size_t slot_of(const struct pv_repeat_pairs *pairs, uint32_t at)
{
    size_t slot = home_of(pairs, tag_of(pv_repeat_pair_at(pairs, at)->key));

    while (pairs->slots[slot].at != at)
        slot = slot_behind(pairs, slot);
    return slot;
}

/* Pairs behind that found their homes taken move up, so that no gap hides them. */
static void free_slot(struct pv_repeat_pairs *pairs, size_t gap)
{
    size_t mask = mask_of(pairs);

    for (size_t slot = slot_behind(pairs, gap); pairs->slots[slot].at != PV_REPEAT_NO_PAIR;
         slot = slot_behind(pairs, slot)) {
        size_t home = home_of(pairs, pairs->slots[slot].tag);

        if (((slot - home) & mask) >= ((slot - gap) & mask)) {
            pairs->slots[gap] = pairs->slots[slot];
            gap = slot;
        }
    }
    pairs->slots[gap].at = PV_REPEAT_NO_PAIR;
}

/* Failure leaves the table as it was. */
static bool set_slots(struct pv_repeat_pairs *pairs, int log2)
{
    size_t size = sizeof *pairs->slots << log2;
    struct pv_repeat_slot *slots = malloc(size);

    if (slots == NULL)
        return false;
    free(pairs->slots);
    pairs->slots = slots;
    pairs->slots_log2 = log2;
    memset(slots, 0xff, size); /* all are free */
    for (uint32_t at = 0; at < pairs->count; at++)
        take_slot(pairs, at);
    return true;
}

static bool add_block(struct pv_repeat_pairs *pairs)
{
    if (pairs->block_count == pairs->block_room) {
        size_t room = 2 * pairs->block_room + 1;
        struct pv_repeat_pair **blocks = realloc(pairs->blocks, room * sizeof *blocks);

        if (blocks == NULL)
            return false;
        pairs->blocks = blocks;
        pairs->block_room = room;
    }
    pairs->blocks[pairs->block_count] = malloc(BLOCK * sizeof **pairs->blocks);
    if (pairs->blocks[pairs->block_count] == NULL)
        return false;
    pairs->block_count++;
    return true;
}

bool pv_repeat_pairs_reserve(struct pv_repeat_pairs *pairs)
{
    int log2 = pairs->slots_log2 == 0 ? SLOTS_MIN_LOG2 : pairs->slots_log2;

    if (pairs->count >= (size_t)1 << (log2 - 1))
        log2++;
    if (log2 > SLOTS_MAX_LOG2 || (log2 > pairs->slots_log2 && !set_slots(pairs, log2)))
        return false;
    return pairs->count < pairs->block_count << PV_REPEAT_BLOCK_LOG2 || add_block(pairs);
}

uint32_t pv_repeat_pairs_add(struct pv_repeat_pairs *pairs, struct pv_repeat_key key)
{
    uint32_t at = (uint32_t)pairs->count++;

    pv_repeat_pair_at(pairs, at)->key = key;
    take_slot(pairs, at);
    return at;
}

void pv_repeat_pairs_remove(struct pv_repeat_pairs *pairs, uint32_t at)
{
    uint32_t last = (uint32_t)pairs->count - 1;

    free_slot(pairs, slot_of(pairs, at));
    if (at != last) {
        pairs->slots[slot_of(pairs, last)].at = at;
        *pv_repeat_pair_at(pairs, at) = *pv_repeat_pair_at(pairs, last);
    }
    pairs->count--;
}

void pv_repeat_pairs_shrink(struct pv_repeat_pairs *pairs)
{
    int log2 = pairs->slots_log2;

    free_blocks(pairs, (pairs->count >> PV_REPEAT_BLOCK_LOG2) + 1);
    while (log2 > SLOTS_MIN_LOG2 && pairs->count <= (size_t)1 << (log2 - 3))
        log2--;
    if (log2 < pairs->slots_log2)
        (void)set_slots(pairs, log2); /* or it stays as large as it is */
}
