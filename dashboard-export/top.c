#include "dashboard-export/top.h"

#include <stdlib.h>
#include <string.h>

#include "dashboard-export/bytes.h"

/* Doubles come to stand together, the larger count first. */
static int compare_names(const void *left, const void *right)
{
    const struct pv_top_item *a = left, *b = right;
    int order = pv_bytes_compare(a->article, a->length, b->article, b->length);

    return order != 0 ? order : (a->views < b->views) - (a->views > b->views);
}

static int compare_ranks(const void *left, const void *right)
{
    const struct pv_top_item *a = left, *b = right;

    if (a->views != b->views)
        return a->views > b->views ? -1 : 1;
    return pv_bytes_compare(b->article, b->length, a->article, a->length);
}

enum pv_status pv_top_init(struct pv_top *top, size_t limit, struct pv_error *error)
{
    *top = (struct pv_top){.limit = limit};
    top->items = calloc(limit, 2 * sizeof *top->items);
    return top->items != NULL ? PV_OK : pv_error_nomem(error, "the most viewed articles");
}

void pv_top_clean_up(struct pv_top *top)
{
    pv_top_reset(top);
    free(top->items);
    *top = (struct pv_top){0};
}

static void cut(struct pv_top *top, size_t count)
{
    while (top->count > count)
        free(top->items[--top->count].article);
}

void pv_top_reset(struct pv_top *top)
{
    cut(top, 0);
    top->has_floor = false;
}

static void drop_doubles(struct pv_top *top)
{
    size_t kept = 0;

    qsort(top->items, top->count, sizeof *top->items, compare_names);
    for (size_t i = 0; i < top->count; i++) {
        struct pv_top_item *last = kept > 0 ? &top->items[kept - 1] : NULL;

        if (last != NULL && pv_bytes_compare(last->article, last->length, top->items[i].article,
                                             top->items[i].length) == 0)
            free(top->items[i].article);
        else
            top->items[kept++] = top->items[i];
    }
    top->count = kept;
}

void pv_top_finish(struct pv_top *top)
{
    drop_doubles(top);
    qsort(top->items, top->count, sizeof *top->items, compare_ranks);
    cut(top, top->limit);
    top->has_floor = top->count == top->limit;
}

enum pv_status pv_top_add(struct pv_top *top, const char *article, size_t length, int64_t views,
                          struct pv_error *error)
{
    struct pv_top_item item = {.article = (char *)article, .length = length, .views = views};

    if (top->has_floor && compare_ranks(&item, &top->items[top->limit - 1]) >= 0)
        return PV_OK;
    item.article = malloc(length + 1);
    if (item.article == NULL)
        return pv_error_nomem(error, "the most viewed articles");
    memcpy(item.article, article, length);
    item.article[length] = '\0';
    top->items[top->count++] = item;
    if (top->count == 2 * top->limit)
        pv_top_finish(top);
    return PV_OK;
}

static void restart(void *context)
{
    pv_top_reset(context);
}

static enum pv_status add(void *context, const char *name, size_t length, int64_t count,
                          struct pv_error *error)
{
    return pv_top_add(context, name, length, count, error);
}

struct pv_counts_target pv_top_target(struct pv_top *top)
{
    return (struct pv_counts_target){restart, add, top};
}
