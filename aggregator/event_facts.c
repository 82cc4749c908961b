#include "aggregator/event_facts.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/bucket.h"

enum {
    SKETCHES_MAX = 1024, /* 16 KiB each */
    DAY_MINUTES = 24 * 60,
    EXPIRING_MAX = 524288, /* 4 MiB */
    SITE_SEED = 0x5eed,    /* tells a minute of the site from an article's day */
};

enum pv_status pv_event_facts_init(struct pv_event_facts *facts, bool visitors,
                                   struct pv_error *error)
{
    enum pv_status status = pv_description_filter_new(&facts->descriptions, error);

    if (status == PV_OK && visitors)
        status = pv_visitor_filter_new(SKETCHES_MAX, &facts->visitors, error);
    if (status == PV_OK && visitors) {
        facts->expiring = calloc(EXPIRING_MAX, sizeof *facts->expiring);
        if (facts->expiring == NULL)
            status = pv_error_nomem(error, "visitors");
    }
    facts->is_empty = true;
    return status;
}

void pv_event_facts_clean_up(struct pv_event_facts *facts)
{
    pv_description_filter_destroy(facts->descriptions);
    pv_visitor_filter_destroy(facts->visitors);
    free(facts->expiring);
}

void pv_event_facts_forget(struct pv_event_facts *facts)
{
    if (facts->is_empty)
        return;
    facts->is_empty = true;
    if (facts->descriptions != NULL)
        pv_description_filter_forget(facts->descriptions);
    if (facts->visitors != NULL)
        pv_visitor_filter_forget(facts->visitors);
    if (facts->expiring != NULL)
        memset(facts->expiring, 0, EXPIRING_MAX * sizeof *facts->expiring);
}

/* Spreads a number over 64 bits: the last step of MurmurHash3 (Austin Appleby, public domain). */
static uint64_t mix(uint64_t number)
{
    number ^= number >> 33;
    number *= UINT64_C(0xff51afd7ed558ccd);
    number ^= number >> 33;
    number *= UINT64_C(0xc4ceb9fe1a85ec53);
    return number ^ number >> 33;
}

/* What the filter knows the visitors of an article's day by, and those of a minute of the site. */
static uint64_t day_set(uint64_t article_hash, uint32_t day)
{
    return article_hash ^ mix(day);
}

static uint64_t site_set(uint32_t minute)
{
    return mix((uint64_t)minute << 16 | SITE_SEED);
}

/* Each hash has two places, so that two that share them do not drive each other out. */
static uint64_t *places_of(const struct pv_event_facts *facts, uint64_t set)
{
    return &facts->expiring[set % EXPIRING_MAX & ~UINT64_C(1)];
}

/* True when it was known before. */
static bool know(const struct pv_event_facts *facts, uint64_t set)
{
    uint64_t *places = places_of(facts, set);

    if (places[0] == set || places[1] == set)
        return true;
    places[1] = places[0];
    places[0] = set;
    return false;
}

static bool note_visit(struct pv_event_facts *facts, struct pv_batch *batch, uint64_t set,
                       uint32_t article, uint32_t minute, struct pv_hll_place place)
{
    bool known;

    if (!pv_visitor_filter_admits(facts->visitors, set, place))
        return true;
    known = know(facts, set);
    if (!pv_batch_facts_visit(&batch->facts, article, minute, place, !known)) {
        if (!known)
            places_of(facts, set)[0] = 0; /* it was not told */
        return false;
    }
    pv_visitor_filter_mark(facts->visitors, set, place);
    return true;
}

static bool note_visits(struct pv_event_facts *facts, struct pv_batch *batch, uint32_t article,
                        uint64_t hash, const struct pv_event *event)
{
    uint32_t minute = (uint32_t)(event->ts_ms / PV_MINUTE_MS);
    uint32_t day = minute / DAY_MINUTES;
    struct pv_hll_place place = pv_hll_place_of(event->visitor.data, event->visitor.length);

    return note_visit(facts, batch, day_set(hash, day), article, day * DAY_MINUTES, place) &&
           note_visit(facts, batch, site_set(minute), PV_VISIT_OF_SITE, minute, place);
}

void pv_event_facts_prefetch(const struct pv_event_facts *facts, uint64_t hash,
                             const struct pv_event *event)
{
    struct pv_hll_place place;
    uint32_t minute = (uint32_t)(event->ts_ms / PV_MINUTE_MS);
    uint64_t set = day_set(hash, minute / DAY_MINUTES);

    pv_description_filter_prefetch(facts->descriptions, hash);
    if (facts->visitors == NULL || event->visitor.length == 0)
        return;
    place = pv_hll_place_of(event->visitor.data, event->visitor.length);
    pv_visitor_filter_prefetch(facts->visitors, set, place);
    pv_visitor_filter_prefetch(facts->visitors, site_set(minute), place);
    __builtin_prefetch(places_of(facts, set));
}

bool pv_event_facts_note(struct pv_event_facts *facts, struct pv_batch *batch,
                         const struct pv_event *event, int64_t offset)
{
    uint32_t article = batch->last_article;
    uint64_t hash = batch->articles[article].hash;

    facts->is_empty = false;
    if (pv_description_filter_tells(facts->descriptions, hash, event) &&
        !pv_batch_facts_describe(&batch->facts, article, event, offset))
        return false;
    if (facts->visitors == NULL || event->visitor.length == 0)
        return true;
    return note_visits(facts, batch, article, hash, event);
}
