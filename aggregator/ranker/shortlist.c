#include "aggregator/ranker/shortlist.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 16, KEPT_FACTOR = 2 };

void pv_shortlist_clean_up(struct pv_shortlist *list)
{
    free(list->members);
    list->members = NULL;
    list->count = list->capacity = 0;
}

void pv_shortlist_reset(struct pv_shortlist *list)
{
    list->count = 0;
    list->has_floor = false;
}

int pv_candidate_compare(const void *a, const void *b)
{
    const struct pv_candidate *left = a, *right = b;
    size_t common =
        left->article.length < right->article.length ? left->article.length : right->article.length;
    int order;

    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    order = memcmp(right->article.data, left->article.data, common);
    if (order != 0)
        return order;
    return (left->article.length < right->article.length) -
           (left->article.length > right->article.length);
}

/* The floor as the candidate that it was. */
static struct pv_candidate floor_of(const struct pv_shortlist *list,
                                    const struct pv_candidate_source *source)
{
    struct pv_candidate bottom = source->get(source->context, list->floor_number);

    bottom.score = list->floor_score;
    return bottom;
}

bool pv_shortlist_takes(const struct pv_shortlist *list, const struct pv_candidate *candidate,
                        const struct pv_candidate_source *source)
{
    struct pv_candidate bottom;

    if (candidate->score <= 0)
        return false;
    if (!list->has_floor)
        return true;
    bottom = floor_of(list, source);
    return pv_candidate_compare(candidate, &bottom) < 0;
}

bool pv_shortlist_is_full(const struct pv_shortlist *list)
{
    return list->count >= list->places * PV_SHORTLIST_FACTOR;
}

enum pv_status pv_shortlist_add(struct pv_shortlist *list, uint32_t number, struct pv_error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? CAPACITY_MIN : 2 * list->capacity;
        uint32_t *grown = realloc(list->members, capacity * sizeof *grown);

        if (grown == NULL)
            return pv_error_nomem(error, "a list of articles");
        list->members = grown;
        list->capacity = capacity;
    }
    list->members[list->count++] = number;
    return PV_OK;
}

void pv_shortlist_remove(struct pv_shortlist *list, uint32_t number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->members[i] == number) {
            list->count--;
            memmove(&list->members[i], &list->members[i + 1],
                    (list->count - i) * sizeof *list->members);
            return;
        }
}

void pv_shortlist_sort(struct pv_shortlist *list, const struct pv_candidate_source *source,
                       struct pv_candidate *scratch)
{
    size_t members = list->count;

    for (size_t i = 0; i < members; i++)
        scratch[i] = source->get(source->context, list->members[i]);
    qsort(scratch, members, sizeof *scratch, pv_candidate_compare);
    for (size_t i = 0; i < members; i++)
        list->members[i] = scratch[i].number;
    while (list->count > 0 && scratch[list->count - 1].score <= 0)
        list->count--;
}

void pv_shortlist_prune(struct pv_shortlist *list, const struct pv_candidate_source *source,
                        struct pv_candidate *scratch)
{
    size_t kept = list->places * KEPT_FACTOR;
    const struct pv_candidate *best_dropped = &scratch[kept];

    pv_shortlist_sort(list, source, scratch);
    if (list->count <= kept)
        return;
    list->count = kept;
    if (pv_shortlist_takes(list, best_dropped, source)) {
        list->has_floor = true;
        list->floor_score = best_dropped->score;
        list->floor_number = best_dropped->number;
    }
}

bool pv_shortlist_is_sound(const struct pv_shortlist *list,
                           const struct pv_candidate_source *source)
{
    struct pv_candidate last;

    if (!list->has_floor)
        return true;
    if (list->count < list->places)
        return false;
    last = source->get(source->context, list->members[list->places - 1]);
    return pv_shortlist_takes(list, &last, source);
}
