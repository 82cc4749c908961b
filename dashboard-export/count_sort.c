#include "dashboard-export/count_sort.h"

#include <string.h>

#include "dashboard-export/bytes.h"

/* So few are sorted by insertion. Names are all over the memory: they are asked for so many items
 * before. */
enum { FEW = 12, AHEAD = 16 };

/* Bytes of a name that its item has at hand. */
enum { KEY_SIZE = sizeof(((struct pv_count *)0)->key) };

/* A part of the list, whose names have the first `depth` bytes in common. Each item's key is what
 * its name has behind them. */
struct part {
    struct pv_count *items;
    size_t count, depth;
};

static void swap(struct pv_count *a, struct pv_count *b)
{
    struct pv_count kept = *a;

    *a = *b;
    *b = kept;
}

static int compare(const struct pv_count *a, const struct pv_count *b, size_t depth)
{
    int order = (a->key > b->key) - (a->key < b->key);

    if (order == 0)
        order = pv_bytes_compare(a->name + depth, a->length - depth, b->name + depth,
                                 b->length - depth);
    return order != 0 ? order : (a->count < b->count) - (a->count > b->count);
}

static void insert_all(const struct part *part)
{
    for (size_t i = 1; i < part->count; i++)
        for (size_t at = i;
             at > 0 && compare(&part->items[at - 1], &part->items[at], part->depth) > 0; at--)
            swap(&part->items[at - 1], &part->items[at]);
}

static void look_ahead(const struct part *part, size_t i)
{
    if (i + AHEAD < part->count)
        __builtin_prefetch(part->items[i + AHEAD].name + part->depth);
}

/* Bytes that all names of the part have in common, `depth` or more. */
static size_t common_depth(const struct part *part)
{
    const struct pv_count *first = &part->items[0];
    size_t common = first->length;

    for (size_t i = 1; i < part->count && common > part->depth; i++) {
        const struct pv_count *item = &part->items[i];
        size_t most = item->length < common ? item->length : common, at = part->depth;

        look_ahead(part, i);
        while (at < most && item->name[at] == first->name[at])
            at++;
        common = at;
    }
    return common;
}

/* The bytes behind the first `depth` as a number that has their order. A name that has ended goes
 * on with zeros. */
static uint32_t key_of(const struct pv_count *item, size_t depth)
{
    uint32_t key = 0;

    for (size_t i = 0; i < KEY_SIZE; i++) {
        size_t at = depth + i;

        key = key << 8 | (at < item->length ? (unsigned char)item->name[at] : 0);
    }
    return key;
}

static void take_keys(const struct part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        look_ahead(part, i);
        part->items[i].key = key_of(&part->items[i], part->depth);
    }
}

static uint32_t middle_of(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t low = a < b ? a : b, high = a < b ? b : a;

    return c <= low ? low : c >= high ? high : c;
}

static uint32_t choose_pivot(const struct part *part)
{
    const struct pv_count *items = part->items;
    size_t count = part->count;

    return middle_of(items[0].key, items[count / 2].key, items[count - 1].key);
}

/* Splits the part into names whose key is less, equal and greater. */
static void split(const struct part *part, uint32_t pivot, struct part parts[3])
{
    size_t less = 0, at = 0, greater = part->count;

    while (at < greater) {
        uint32_t key = part->items[at].key;

        if (key < pivot)
            swap(&part->items[less++], &part->items[at++]);
        else if (key > pivot)
            swap(&part->items[--greater], &part->items[at]);
        else
            at++;
    }
    parts[0] = (struct part){part->items, less, part->depth};
    parts[1] = (struct part){part->items + less, greater - less, part->depth};
    parts[2] = (struct part){part->items + greater, part->count - greater, part->depth};
}

/* From names with the same key to those behind it. The ones that ended within the key come first:
 * but for zeros, which no id has, they are the same name, that a page of HSCAN may give twice. So
 * there are few. */
static void go_behind_key(struct part *part)
{
    size_t ended = 0, behind = part->depth + KEY_SIZE;

    for (size_t i = 0; i < part->count; i++) {
        look_ahead(part, i);
        if (part->items[i].length < behind)
            swap(&part->items[ended++], &part->items[i]);
    }
    insert_all(&(struct part){part->items, ended, part->depth});
    *part = (struct part){part->items + ended, part->count - ended, behind};
    if (part->count == 0)
        return;
    part->depth = common_depth(part);
    take_keys(part);
}

static void sort(struct part part)
{
    while (part.count > FEW) {
        struct part parts[3];
        size_t largest = 0;

        split(&part, choose_pivot(&part), parts);
        go_behind_key(&parts[1]);
        for (size_t i = 1; i < 3; i++)
            if (parts[i].count > parts[largest].count)
                largest = i;
        for (size_t i = 0; i < 3; i++)
            if (i != largest)
                sort(parts[i]);
        part = parts[largest];
    }
    insert_all(&part);
}

void pv_count_sort(struct pv_count *items, size_t count)
{
    struct part all = {items, count, 0};

    if (count == 0)
        return;
    all.depth = common_depth(&all);
    take_keys(&all);
    sort(all);
}
