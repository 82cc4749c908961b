#include "aggregator/description_filter.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/bucket.h"

struct slot {
    uint64_t article;
    uint64_t words; /* of the latest event */
    int64_t first_ms;
    int64_t hour_ms; /* of the latest event, and 1, so that 0 is a free slot */
};

struct pv_description_filter {
    struct slot slots[PV_DESCRIPTION_FILTER_SLOTS];
};

enum pv_status pv_description_filter_new(struct pv_description_filter **filter,
                                         struct pv_error *error)
{
    *filter = calloc(1, sizeof **filter);
    return *filter != NULL ? PV_OK : pv_error_nomem(error, "the articles' descriptions");
}

void pv_description_filter_destroy(struct pv_description_filter *filter)
{
    free(filter);
}

void pv_description_filter_forget(struct pv_description_filter *filter)
{
    memset(filter->slots, 0, sizeof filter->slots);
}

void pv_description_filter_prefetch(const struct pv_description_filter *filter, uint64_t hash)
{
    __builtin_prefetch(&filter->slots[hash % PV_DESCRIPTION_FILTER_SLOTS]);
}

static uint64_t hash_words(const struct pv_event *event)
{
    uint64_t title = XXH3_64bits(event->title.data, event->title.length);

    return XXH3_64bits_withSeed(event->section.data, event->section.length, title);
}

bool pv_description_filter_tells(struct pv_description_filter *filter, uint64_t hash,
                                 const struct pv_event *event)
{
    struct slot *slot = &filter->slots[hash % PV_DESCRIPTION_FILTER_SLOTS];
    int64_t hour_ms = pv_bucket_start_ms(PV_BUCKET_HOUR, event->ts_ms) + 1;
    uint64_t words = hash_words(event);

    if (slot->article != hash || slot->hour_ms == 0) {
        *slot = (struct slot){hash, words, event->ts_ms, hour_ms};
        return true;
    }
    if (hour_ms <= slot->hour_ms && event->ts_ms >= slot->first_ms && words == slot->words)
        return false;
    if (hour_ms >= slot->hour_ms) {
        slot->hour_ms = hour_ms;
        slot->words = words;
    }
    if (event->ts_ms < slot->first_ms)
        slot->first_ms = event->ts_ms;
    return true;
}
