#include "dashboard-export/serve/live_slots.h"

#include <string.h>

void pv_live_slots_clean_up(struct pv_live_slots *slots)
{
    for (size_t i = 0; i < PV_LIVE_SLOTS; i++)
        pv_buffer_clean_up(&slots->items[i].text);
    memset(slots, 0, sizeof *slots);
}

static bool is_busy(const struct pv_live_slot *slot)
{
    return slot->state == PV_SLOT_WANTED || slot->state == PV_SLOT_READING;
}

/* Whether `a` is the better one to be used for something else. */
static bool is_better(const struct pv_live_slot *a, const struct pv_live_slot *b)
{
    if (b == NULL || a->state == PV_SLOT_EMPTY)
        return true;
    return b->state != PV_SLOT_EMPTY && a->read_ms < b->read_ms;
}

struct pv_live_slot *pv_live_slots_find(struct pv_live_slots *slots, const char *article,
                                        size_t length)
{
    for (size_t i = 0; i < PV_LIVE_SLOTS; i++) {
        struct pv_live_slot *slot = &slots->items[i];

        if (slot->state != PV_SLOT_EMPTY && slot->length == length &&
            memcmp(slot->article, article, length) == 0)
            return slot;
    }
    return NULL;
}

struct pv_live_slot *pv_live_slots_claim(struct pv_live_slots *slots, const char *article,
                                         size_t length)
{
    struct pv_live_slot *found = pv_live_slots_find(slots, article, length), *best = NULL;

    if (found != NULL)
        return found;
    for (size_t i = 0; i < PV_LIVE_SLOTS; i++)
        if (!is_busy(&slots->items[i]) && is_better(&slots->items[i], best))
            best = &slots->items[i];
    if (best != NULL) {
        best->state = PV_SLOT_EMPTY;
        best->exists = false;
        memcpy(best->article, article, length);
        best->length = length;
    }
    return best;
}

size_t pv_live_slots_take(struct pv_live_slots *slots, struct pv_live_slot **taken, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < PV_LIVE_SLOTS && count < most; i++) {
        if (slots->items[i].state != PV_SLOT_WANTED)
            continue;
        slots->items[i].state = PV_SLOT_READING;
        taken[count++] = &slots->items[i];
    }
    return count;
}

void pv_live_slot_give_up(struct pv_live_slot *slot)
{
    if (is_busy(slot))
        slot->state = slot->exists ? PV_SLOT_READ : PV_SLOT_EMPTY;
}

void pv_live_slots_give_up(struct pv_live_slots *slots)
{
    for (size_t i = 0; i < PV_LIVE_SLOTS; i++)
        pv_live_slot_give_up(&slots->items[i]);
}
