#include "aggregator/ranker/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { CAPACITY_MIN = 64 };

void pv_names_clean_up(struct pv_names *names)
{
    free(names->names);
    free(names->slots);
    pv_buffer_clean_up(&names->texts);
    *names = (struct pv_names){.max = names->max};
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t *find_slot(const struct pv_names *names, struct pv_text text, uint64_t hash)
{
    size_t mask = names->slot_count - 1;

    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &names->slots[at];
        const struct pv_name *found;

        if (*slot == 0)
            return slot;
        found = &names->names[*slot - 1];
        if (found->hash == hash && found->length == text.length &&
            memcmp(names->texts.data + found->text_at, text.data, text.length) == 0)
            return slot;
    }
}

uint32_t pv_names_find(const struct pv_names *names, struct pv_text text)
{
    if (names->count == 0)
        return PV_NAME_NONE;
    /* A free slot holds 0: minus one it is PV_NAME_NONE. */
    return *find_slot(names, text, XXH3_64bits(text.data, text.length)) - 1;
}

/* Makes room for one more: twice the names, and slots that are at most half taken. */
static bool grow(struct pv_names *names)
{
    size_t capacity = names->capacity == 0 ? CAPACITY_MIN : 2 * names->capacity;
    struct pv_name *grown = realloc(names->names, capacity * sizeof *grown);
    uint32_t *slots;

    if (grown == NULL)
        return false;
    names->names = grown;
    slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    free(names->slots);
    names->slots = slots;
    names->slot_count = 2 * capacity;
    names->capacity = capacity;
    for (size_t i = 0; i < names->count; i++) {
        size_t at = (size_t)names->names[i].hash & (names->slot_count - 1);

        while (slots[at] != 0)
            at = (at + 1) & (names->slot_count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return true;
}

enum pv_status pv_names_add(struct pv_names *names, struct pv_text text, uint32_t *number,
                            struct pv_error *error)
{
    uint64_t hash = XXH3_64bits(text.data, text.length);
    uint32_t *slot;

    if (names->count == names->capacity && names->count < names->max && !grow(names))
        return pv_error_nomem(error, "names to rank");
    slot = find_slot(names, text, hash);
    *number = *slot - 1;
    if (*slot != 0 || names->count >= names->max)
        return PV_OK;
    names->names[names->count] = (struct pv_name){hash, names->texts.length, text.length};
    pv_buffer_add(&names->texts, text.data, text.length);
    if (names->texts.failed) {
        names->texts.failed = false;
        return pv_error_nomem(error, "names to rank");
    }
    *number = (uint32_t)names->count++;
    *slot = *number + 1;
    return PV_OK;
}

struct pv_text pv_names_text(const struct pv_names *names, size_t number)
{
    const struct pv_name *name = &names->names[number];

    return (struct pv_text){names->texts.data + name->text_at, name->length};
}
