#include "aggregator/batch_facts.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/bucket.h"

enum { EVENT_TEXT_MAX = PV_TITLE_SIZE_MAX + PV_SECTION_SIZE_MAX };

void pv_batch_facts_clean_up(struct pv_batch_facts *facts)
{
    pv_buffer_clean_up(&facts->texts);
    free(facts->descriptions);
    free(facts->of_article);
    free(facts->visits);
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

bool pv_batch_facts_visit(struct pv_batch_facts *facts, uint32_t article, uint32_t minute,
                          struct pv_hll_place place, bool first)
{
    void *items = facts->visits;
    bool grown =
        grow(&items, &facts->visit_capacity, facts->visit_count + 1, sizeof *facts->visits);

    facts->visits = items;
    if (!grown)
        return false;
    facts->visits[facts->visit_count++] = (struct pv_visit){article, minute, place, first};
    return true;
}

static int compare_visits(const void *a, const void *b)
{
    const struct pv_visit *left = a, *right = b;

    if (left->article != right->article)
        return left->article < right->article ? -1 : 1;
    if (left->minute != right->minute)
        return left->minute < right->minute ? -1 : 1;
    if (left->place.index != right->place.index)
        return left->place.index < right->place.index ? -1 : 1;
    return right->place.rank - left->place.rank;
}

void pv_batch_facts_sort(struct pv_batch_facts *facts)
{
    if (facts->visit_count > 1)
        qsort(facts->visits, facts->visit_count, sizeof *facts->visits, compare_visits);
}
