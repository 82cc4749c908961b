#include "aggregator/visit_merge.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregator/radix_sort.h"

enum {
    RANK_BITS = 8,
    INDEX_BITS = 14,
    SET_SHIFT = RANK_BITS + INDEX_BITS,
    RANK_TOP = 255,
    HEADER_SIZE = 2 + 4 + 4,
    PLACE_SIZE = 3,
    FIRST_ROOM = 1024,
};

/* One set of a value. */
struct row {
    struct pv_merged_set set;
    const unsigned char *places;
    uint32_t count;
};

void pv_visit_merge_clean_up(struct pv_visit_merge *merge)
{
    free(merge->sets);
    free(merge->slots);
    free(merge->visits);
    free(merge->spare);
    *merge = (struct pv_visit_merge){0};
}

static uint32_t read_number(const unsigned char *at, size_t size)
{
    uint32_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[i];
    return number;
}

/* Reads the row at `*at` of the value and moves behind it; false when it is none. */
static bool read_row(const char *value, size_t length, size_t *at, struct row *row)
{
    const unsigned char *bytes = (const unsigned char *)value + *at;
    size_t left = length - *at;

    if (left < HEADER_SIZE)
        return false;
    row->set.length = (uint16_t)read_number(bytes, 2);
    row->set.article = (const char *)bytes + 2;
    if (left < (size_t)HEADER_SIZE + row->set.length)
        return false;
    left -= (size_t)HEADER_SIZE + row->set.length;
    bytes += 2 + row->set.length;
    row->set.minute = read_number(bytes, 4);
    row->count = read_number(bytes + 4, 4);
    row->places = bytes + 8;
    if (row->count > left / PLACE_SIZE)
        return false;
    *at = length - left + (size_t)row->count * PLACE_SIZE;
    for (uint32_t i = 0; i < row->count; i++) {
        const unsigned char *place = row->places + (size_t)i * PLACE_SIZE;

        if (read_number(place, 2) >= PV_HLL_REGISTERS || place[2] < 1 || place[2] > PV_HLL_RANK_MAX)
            return false;
    }
    return true;
}

static uint32_t *find_slot(const struct pv_visit_merge *merge, const struct pv_merged_set *set)
{
    size_t mask = merge->slot_count - 1;
    size_t at = XXH3_64bits_withSeed(set->article, set->length, set->minute) & mask;

    for (;; at = (at + 1) & mask) {
        const struct pv_merged_set *found;

        if (merge->slots[at] == 0)
            return &merge->slots[at];
        found = &merge->sets[merge->slots[at] - 1];
        if (found->minute == set->minute && found->length == set->length &&
            memcmp(found->article, set->article, set->length) == 0)
            return &merge->slots[at];
    }
}

/* Room for another set: the table of slots is at most half full. */
static bool grow_sets(struct pv_visit_merge *merge)
{
    size_t capacity = merge->set_capacity == 0 ? FIRST_ROOM : 2 * merge->set_capacity;
    struct pv_merged_set *sets;
    uint32_t *slots;

    if (merge->set_count < merge->set_capacity)
        return true;
    sets = realloc(merge->sets, capacity * sizeof *sets);
    if (sets == NULL)
        return false;
    merge->sets = sets;
    slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    free(merge->slots);
    merge->slots = slots;
    merge->slot_count = 2 * capacity;
    merge->set_capacity = capacity;
    for (uint32_t i = 0; i < merge->set_count; i++)
        *find_slot(merge, &sets[i]) = i + 1;
    return true;
}

static bool grow_visits(struct pv_visit_merge *merge, size_t more)
{
    size_t capacity = merge->visit_capacity == 0 ? FIRST_ROOM : merge->visit_capacity;
    uint64_t *visits, *spare;

    while (capacity < merge->visit_count + more)
        capacity *= 2;
    if (capacity == merge->visit_capacity)
        return true;
    visits = realloc(merge->visits, capacity * sizeof *visits);
    if (visits == NULL)
        return false;
    merge->visits = visits;
    spare = realloc(merge->spare, capacity * sizeof *spare);
    if (spare == NULL)
        return false;
    merge->spare = spare;
    merge->visit_capacity = capacity;
    return true;
}

static bool add_row(struct pv_visit_merge *merge, const struct row *row)
{
    uint32_t *slot;

    if (!grow_sets(merge) || !grow_visits(merge, row->count))
        return false;
    slot = find_slot(merge, &row->set);
    if (*slot == 0) {
        merge->sets[merge->set_count++] = row->set;
        *slot = (uint32_t)merge->set_count;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        const unsigned char *place = row->places + (size_t)i * PLACE_SIZE;

        merge->visits[merge->visit_count++] = (uint64_t)(*slot - 1) << SET_SHIFT |
                                              (uint64_t)read_number(place, 2) << RANK_BITS |
                                              (uint64_t)(RANK_TOP - place[2]);
    }
    return true;
}

bool pv_visit_merge_add(struct pv_visit_merge *merge, const char *value, size_t length,
                        bool *no_memory)
{
    struct row row;

    *no_memory = false;
    for (size_t at = 0; at < length;)
        if (!read_row(value, length, &at, &row))
            return false;
    for (size_t at = 0; at < length && !*no_memory;)
        *no_memory = !read_row(value, length, &at, &row) || !add_row(merge, &row);
    return !*no_memory;
}

void pv_visit_merge_sort(struct pv_visit_merge *merge)
{
    unsigned bits = SET_SHIFT;
    uint64_t *sorted;

    while (merge->set_count >> (bits - SET_SHIFT) != 0)
        bits++;
    sorted = pv_radix_sort(merge->visits, merge->spare, merge->visit_count, 0, bits);
    if (sorted == merge->spare) {
        merge->spare = merge->visits;
        merge->visits = sorted;
    }
}

size_t pv_visit_merge_next(const struct pv_visit_merge *merge, size_t *at, uint32_t *set,
                           struct pv_hll_place places[PV_HLL_REGISTERS])
{
    size_t count = 0;

    *set = (uint32_t)(merge->visits[*at] >> SET_SHIFT);
    for (; *at < merge->visit_count && merge->visits[*at] >> SET_SHIFT == *set; ++*at) {
        uint16_t index = (uint16_t)(merge->visits[*at] >> RANK_BITS & (PV_HLL_REGISTERS - 1));

        if (count == 0 || places[count - 1].index != index)
            places[count++] =
                (struct pv_hll_place){index, (uint8_t)(RANK_TOP - (merge->visits[*at] & RANK_TOP))};
    }
    return count;
}
