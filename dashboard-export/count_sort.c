#include "dashboard-export/count_sort.h"

#include <string.h>

#include "dashboard-export/bytes.h"

/* So few are sorted by insertion. */
enum { FEW = 12 };

/* A part of the list, whose names have the first `depth` bytes in common. */
struct part {
    struct pv_count *items;
    size_t count, depth;
};

/* Where a name has ended is before every byte. */
static int byte_of(const struct pv_count *item, size_t depth)
{
    return depth < item->length ? (unsigned char)item->name[depth] : -1;
}

static void swap(struct pv_count *a, struct pv_count *b)
{
    struct pv_count kept = *a;

    *a = *b;
    *b = kept;
}

static int compare(const struct pv_count *a, const struct pv_count *b, size_t depth)
{
    int order =
        pv_bytes_compare(a->name + depth, a->length - depth, b->name + depth, b->length - depth);

    return order != 0 ? order : (a->count < b->count) - (a->count > b->count);
}

static void insert_all(const struct part *part)
{
    for (size_t i = 1; i < part->count; i++)
        for (size_t at = i;
             at > 0 && compare(&part->items[at - 1], &part->items[at], part->depth) > 0; at--)
            swap(&part->items[at - 1], &part->items[at]);
}

/* Bytes behind the first `depth` that all names have in common. */
static size_t common_depth(const struct part *part)
{
    const struct pv_count *first = &part->items[0];
    size_t common = first->length;

    for (size_t i = 1; i < part->count && common > part->depth; i++) {
        const struct pv_count *item = &part->items[i];
        size_t most = item->length < common ? item->length : common, at = part->depth;

        while (at < most && item->name[at] == first->name[at])
            at++;
        common = at;
    }
    return common;
}

static int middle_of(int a, int b, int c)
{
    if (a > b) {
        int kept = a;

        a = b;
        b = kept;
    }
    return c <= a ? a : c >= b ? b : c;
}

static int choose_pivot(const struct part *part)
{
    const struct pv_count *items = part->items;
    size_t count = part->count, depth = part->depth;

    return middle_of(byte_of(&items[0], depth), byte_of(&items[count / 2], depth),
                     byte_of(&items[count - 1], depth));
}

/* Splits the part into names whose byte is less, equal and greater. */
static void split(const struct part *part, int pivot, struct part parts[3])
{
    size_t less = 0, at = 0, greater = part->count;

    while (at < greater) {
        int byte = byte_of(&part->items[at], part->depth);

        if (byte < pivot)
            swap(&part->items[less++], &part->items[at++]);
        else if (byte > pivot)
            swap(&part->items[--greater], &part->items[at]);
        else
            at++;
    }
    parts[0] = (struct part){part->items, less, part->depth};
    parts[1] = (struct part){part->items + less, greater - less, part->depth};
    parts[2] = (struct part){part->items + greater, part->count - greater, part->depth};
}

/* Equal names, by their counts: a page of HSCAN may give one twice, so there are few. */
static bool all_have_ended(const struct part *part)
{
    return byte_of(&part->items[0], part->depth) < 0 &&
           byte_of(&part->items[part->count - 1], part->depth) < 0;
}

static void sort(struct part part)
{
    while (part.count > FEW) {
        struct part parts[3];
        size_t largest = 0;

        part.depth = common_depth(&part);
        split(&part, choose_pivot(&part), parts);
        for (size_t i = 1; i < 3; i++)
            if (parts[i].count > parts[largest].count)
                largest = i;
        for (size_t i = 0; i < 3; i++)
            if (i != largest)
                sort(parts[i]);
        part = parts[largest];
        if (largest == 1 && all_have_ended(&part))
            break;
    }
    insert_all(&part);
}

void pv_count_sort(struct pv_count *items, size_t count)
{
    sort((struct part){items, count, 0});
}
