#include "dashboard-export/ranks.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { LOOKS_AN_HOUR = 6, LISTS_FIRST = 16 };

static void drop_look(struct pv_ranks *ranks, struct pv_look *look)
{
    ranks->articles -= look->count;
    free(look->articles);
    *look = (struct pv_look){0};
}

static void drop_list(struct pv_ranks *ranks, struct pv_ranked_list *list)
{
    for (size_t i = 0; i < PV_RANKS_LOOKS; i++)
        drop_look(ranks, &list->looks[i]);
    free(list->name);
}

void pv_ranks_clean_up(struct pv_ranks *ranks)
{
    for (size_t i = 0; i < ranks->count; i++)
        drop_list(ranks, &ranks->lists[i]);
    free(ranks->lists);
    *ranks = (struct pv_ranks){0};
}

/* The first place whose name is not before `name`. */
static size_t place_of(const struct pv_ranks *ranks, const char *name)
{
    size_t low = 0, high = ranks->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(ranks->lists[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool grow(struct pv_ranks *ranks)
{
    size_t capacity = ranks->capacity == 0 ? LISTS_FIRST : 2 * ranks->capacity;
    struct pv_ranked_list *lists = realloc(ranks->lists, capacity * sizeof *lists);

    if (lists == NULL)
        return false;
    ranks->lists = lists;
    ranks->capacity = capacity;
    return true;
}

struct pv_ranked_list *pv_ranks_list(struct pv_ranks *ranks, const char *name)
{
    size_t place = place_of(ranks, name);
    struct pv_ranked_list *list;
    char *copy;

    if (place < ranks->count && strcmp(ranks->lists[place].name, name) == 0)
        return &ranks->lists[place];
    if (ranks->count == ranks->capacity && !grow(ranks))
        return NULL;
    copy = strdup(name);
    if (copy == NULL)
        return NULL;
    list = &ranks->lists[place];
    memmove(list + 1, list, (ranks->count - place) * sizeof *list);
    ranks->count++;
    *list = (struct pv_ranked_list){.name = copy, .look = -1};
    return list;
}

void pv_ranks_forget_gone(struct pv_ranks *ranks)
{
    size_t kept = 0;

    for (size_t i = 0; i < ranks->count; i++) {
        struct pv_ranked_list *list = &ranks->lists[i];

        if (!list->there) {
            drop_list(ranks, list);
            continue;
        }
        list->there = false;
        ranks->lists[kept++] = *list;
    }
    ranks->count = kept;
}

static uint64_t hash_of(const char *article, size_t length)
{
    return XXH3_64bits(article, length);
}

uint64_t *pv_ranks_recall(struct pv_ranks *ranks, struct pv_ranked_list *list, int64_t number,
                          size_t count)
{
    struct pv_look *look = &list->looks[number % PV_RANKS_LOOKS];

    drop_look(ranks, look);
    if (ranks->articles + count > PV_RANKS_MAX)
        return NULL;
    look->articles = malloc((count + 1) * sizeof *look->articles);
    if (look->articles == NULL)
        return NULL;
    look->number = number;
    look->count = count;
    ranks->articles += count;
    return look->articles;
}

void pv_ranks_remember(struct pv_ranks *ranks, struct pv_ranked_list *list, int64_t time_ms,
                       const struct pv_trending *trending)
{
    int64_t number = time_ms / PV_RANKS_LOOK_MS;
    const struct pv_look *look = &list->looks[number % PV_RANKS_LOOKS];
    uint64_t *articles;

    if (look->articles != NULL && look->number == number)
        return;
    articles = pv_ranks_recall(ranks, list, number, trending->count);
    if (articles == NULL)
        return; /* a change of rank is worth no failure */
    for (size_t i = 0; i < trending->count; i++)
        articles[i] = hash_of(trending->items[i].article, trending->items[i].length);
    ranks->unsaved = true;
}

size_t pv_ranks_hour_ago(const struct pv_ranked_list *list, int64_t time_ms, const char *article,
                         size_t length)
{
    int64_t number = time_ms / PV_RANKS_LOOK_MS - LOOKS_AN_HOUR;
    uint64_t wanted = hash_of(article, length);
    const struct pv_look *look;

    if (number < 0)
        return 0;
    look = &list->looks[number % PV_RANKS_LOOKS];
    if (look->number != number)
        return 0;
    for (size_t i = 0; i < look->count; i++)
        if (look->articles[i] == wanted)
            return i + 1;
    return 0;
}
