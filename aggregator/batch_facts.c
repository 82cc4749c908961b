#include "aggregator/batch_facts.h"

#include <stdlib.h>
#include <string.h>

#include "aggregator/radix_sort.h"
#include "pageview/bucket.h"

enum { EVENT_TEXT_MAX = PV_TITLE_SIZE_MAX + PV_SECTION_SIZE_MAX };

void pv_batch_facts_clean_up(struct pv_batch_facts *facts)
{
    pv_buffer_clean_up(&facts->texts);
    free(facts->descriptions);
    free(facts->of_article);
    free(facts->visits);
    free(facts->sorted);
    free(facts->numbers);
    *facts = (struct pv_batch_facts){0};
}

void pv_batch_facts_reset(struct pv_batch_facts *facts, size_t article_count)
{
    if (facts->description_count > 0) {
        size_t used =
            article_count < facts->article_capacity ? article_count : facts->article_capacity;

        memset(facts->of_article, 0, used * sizeof *facts->of_article);
    }
    pv_buffer_reset(&facts->texts);
    facts->description_count = facts->visit_count = 0;
}

bool pv_batch_facts_has_room(const struct pv_batch_facts *facts)
{
    return facts->texts.length + EVENT_TEXT_MAX <= PV_FACTS_TEXT_MAX &&
           facts->visit_count + 2 <= PV_FACTS_VISITS_MAX &&
           facts->description_count < PV_FACTS_DESCRIPTIONS_MAX;
}

/* Doubles `*items` of `size` bytes each until `needed` fit; what is new is zero. */
static bool grow(void **items, size_t *capacity, size_t needed, size_t size)
{
    size_t wanted = *capacity == 0 ? 64 : *capacity;
    char *grown;

    if (needed <= *capacity)
        return true;
    while (wanted < needed)
        wanted *= 2;
    grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return false;
    memset(grown + *capacity * size, 0, (wanted - *capacity) * size);
    *items = grown;
    *capacity = wanted;
    return true;
}

static bool add_text(struct pv_batch_facts *facts, struct pv_text text, uint32_t *at)
{
    *at = (uint32_t)facts->texts.length;
    pv_buffer_add(&facts->texts, text.data, text.length);
    if (!facts->texts.failed)
        return true;
    facts->texts.failed = false;
    return false;
}

/* The description of the article, made if there is none. */
static struct pv_description *find_description(struct pv_batch_facts *facts, uint32_t article)
{
    void *items = facts->of_article;
    bool grown =
        grow(&items, &facts->article_capacity, (size_t)article + 1, sizeof *facts->of_article);
    struct pv_description *made;

    facts->of_article = items;
    if (!grown)
        return NULL;
    if (facts->of_article[article] != 0)
        return &facts->descriptions[facts->of_article[article] - 1];
    items = facts->descriptions;
    grown = grow(&items, &facts->description_capacity, facts->description_count + 1,
                 sizeof *facts->descriptions);
    facts->descriptions = items;
    if (!grown)
        return NULL;
    made = &facts->descriptions[facts->description_count++];
    *made = (struct pv_description){.article = article, .first_seen_ms = INT64_MAX};
    facts->of_article[article] = (uint32_t)facts->description_count;
    return made;
}

static bool say(struct pv_batch_facts *facts, struct pv_said_text *said, struct pv_text text,
                int64_t hour_ms, int64_t offset)
{
    if (text.length == 0 || (said->length > 0 && hour_ms < said->hour_ms))
        return true; /* offsets rise within a batch */
    said->hour_ms = hour_ms;
    said->offset = offset;
    if (said->length == text.length &&
        memcmp(facts->texts.data + said->text_at, text.data, text.length) == 0)
        return true;
    if (!add_text(facts, text, &said->text_at))
        return false;
    said->length = (uint32_t)text.length;
    return true;
}

bool pv_batch_facts_describe(struct pv_batch_facts *facts, uint32_t article,
                             const struct pv_event *event, int64_t offset)
{
    struct pv_description *description = find_description(facts, article);
    int64_t hour_ms = pv_bucket_start_ms(PV_BUCKET_HOUR, event->ts_ms);

    if (description == NULL)
        return false;
    if (event->ts_ms < description->first_seen_ms)
        description->first_seen_ms = event->ts_ms;
    if (hour_ms > description->last_seen_ms)
        description->last_seen_ms = hour_ms;
    return say(facts, &description->title, event->title, hour_ms, offset) &&
           say(facts, &description->section, event->section, hour_ms, offset);
}

/* Room for one more visit, and to sort all. */
static bool grow_visits(struct pv_batch_facts *facts)
{
    size_t capacity = facts->visit_capacity == 0 ? 64 : 2 * facts->visit_capacity;
    struct pv_visit *visits, *sorted;
    uint64_t *numbers;

    if (facts->visit_count < facts->visit_capacity)
        return true;
    visits = realloc(facts->visits, capacity * sizeof *visits);
    if (visits == NULL)
        return false;
    facts->visits = visits;
    sorted = realloc(facts->sorted, capacity * sizeof *sorted);
    if (sorted == NULL)
        return false;
    facts->sorted = sorted;
    numbers = realloc(facts->numbers, 2 * capacity * sizeof *numbers);
    if (numbers == NULL)
        return false;
    facts->numbers = numbers;
    facts->visit_capacity = capacity;
    return true;
}

bool pv_batch_facts_visit(struct pv_batch_facts *facts, uint32_t article, uint32_t minute,
                          struct pv_hll_place place, bool first)
{
    if (!grow_visits(facts))
        return false;
    facts->visits[facts->visit_count++] = (struct pv_visit){article, minute, place, first};
    return true;
}

enum {
    NUMBER_BITS = 16, /* of a visit in the batch */
    RANK_BITS = 6,
    INDEX_BITS = 14,
    MINUTE_BITS = 31, /* PV_TIME_LIMIT_MS */
    SITE = (1 << 17) - 1,
    RANK_TOP = (1 << RANK_BITS) - 1,
};
_Static_assert(PV_FACTS_VISITS_MAX <= 1 << NUMBER_BITS, "a visit's number fits");

static uint64_t by_place(const struct pv_visit *visit, uint64_t number)
{
    return (uint64_t)visit->place.index << (NUMBER_BITS + RANK_BITS) |
           (uint64_t)(RANK_TOP - visit->place.rank) << NUMBER_BITS | number;
}

static uint64_t by_set(const struct pv_visit *visit, uint64_t number)
{
    uint64_t article = visit->article < SITE ? visit->article : SITE;

    return article << (NUMBER_BITS + MINUTE_BITS) | (uint64_t)visit->minute << NUMBER_BITS | number;
}

/* First by place, then by set, which leaves the order of places inside a set as it is. */
void pv_batch_facts_sort(struct pv_batch_facts *facts)
{
    const uint64_t mask = (UINT64_C(1) << NUMBER_BITS) - 1;
    size_t count = facts->visit_count;
    struct pv_visit *sorted = facts->sorted, *visits = facts->visits;
    uint64_t *numbers = facts->numbers, *spare = facts->numbers + count, *order;

    if (count < 2)
        return;
    for (size_t i = 0; i < count; i++)
        numbers[i] = by_place(&visits[i], i);
    order = pv_radix_sort(numbers, spare, count, NUMBER_BITS, NUMBER_BITS + RANK_BITS + INDEX_BITS);
    spare = order == numbers ? spare : numbers;
    for (size_t i = 0; i < count; i++)
        order[i] = by_set(&visits[order[i] & mask], order[i] & mask);
    order = pv_radix_sort(order, spare, count, NUMBER_BITS, 64);
    for (size_t i = 0; i < count; i++)
        sorted[i] = visits[order[i] & mask];
    facts->visits = sorted;
    facts->sorted = visits;
}
