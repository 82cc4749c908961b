/* What was asked of Redis and what it answered: a table of fixed size. No I/O, and no lock: its
 * owner has one. */
#ifndef DASHBOARD_EXPORT_SERVE_LIVE_SLOTS_H
#define DASHBOARD_EXPORT_SERVE_LIVE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/serve/answer.h"
#include "pageview/bucket.h"
#include "pageview/buffer.h"
#include "pageview/event.h"

enum { PV_LIVE_SLOTS = 256 };

enum pv_live_slot_state { PV_SLOT_EMPTY, PV_SLOT_WANTED, PV_SLOT_READING, PV_SLOT_READ };

struct pv_live_slot {
    enum pv_live_slot_state state;
    char article[PV_ARTICLE_SIZE_MAX];
    size_t length;
    int64_t read_ms; /* when reading began the last time, by the monotonic clock */
    bool exists;     /* false: Redis did not know it then, or was never asked */
    /* Of what exists: */
    struct pv_buffer text;
    char etag[PV_ETAG_SIZE];
    char read_by[PV_TIME_TEXT_SIZE]; /* it was read before this time of the wall clock */
};

/* All zero is empty. */
struct pv_live_slots {
    struct pv_live_slot items[PV_LIVE_SLOTS];
};

void pv_live_slots_clean_up(struct pv_live_slots *slots);

/* The slot of the article (PV_ARTICLE_SIZE_MAX bytes at most), or an empty one made for it, in
 * the place of what was read the longest ago; NULL when all are still to be read. */
struct pv_live_slot *pv_live_slots_claim(struct pv_live_slots *slots, const char *article,
                                         size_t length);

/* Takes up to `most` of those that are wanted: they are being read then. Returns how many. */
size_t pv_live_slots_take(struct pv_live_slots *slots, struct pv_live_slot **taken, size_t most);

/* The slot of the article, NULL when it has none. */
struct pv_live_slot *pv_live_slots_find(struct pv_live_slots *slots, const char *article,
                                        size_t length);

/* It is not wanted or being read any more: what was read before is still there. */
void pv_live_slot_give_up(struct pv_live_slot *slot);
void pv_live_slots_give_up(struct pv_live_slots *slots);

/* True when it was read at `since_ms` or later. */
static inline bool pv_live_slot_is_fresh(const struct pv_live_slot *slot, int64_t since_ms)
{
    return slot->state == PV_SLOT_READ && slot->read_ms >= since_ms;
}

#endif
