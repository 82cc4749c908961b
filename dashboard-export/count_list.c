#include "dashboard-export/count_list.h"

#include <stdlib.h>
#include <string.h>

#include "dashboard-export/bytes.h"
#include "dashboard-export/count_sort.h"

enum { BLOCK_SIZE = 65536, ITEMS_FIRST = 64 };

struct pv_name_block {
    struct pv_name_block *next;
    size_t used, size;
    char bytes[];
};

void pv_count_list_clean_up(struct pv_count_list *list)
{
    while (list->blocks != NULL) {
        struct pv_name_block *next = list->blocks->next;

        free(list->blocks);
        list->blocks = next;
    }
    free(list->items);
    *list = (struct pv_count_list){0};
}

/* Room for a name; NULL when memory is out. */
static char *reserve_name(struct pv_count_list *list, size_t length)
{
    struct pv_name_block *block = list->blocks;

    if (block == NULL || block->size - block->used < length) {
        size_t size = length > BLOCK_SIZE ? length : BLOCK_SIZE;

        block = malloc(sizeof *block + size);
        if (block == NULL)
            return NULL;
        *block = (struct pv_name_block){.next = list->blocks, .size = size};
        list->blocks = block;
    }
    block->used += length;
    return block->bytes + block->used - length;
}

static enum pv_status grow(struct pv_count_list *list, struct pv_error *error)
{
    size_t capacity = list->capacity == 0 ? ITEMS_FIRST : list->capacity + list->capacity / 2;
    struct pv_count *items = realloc(list->items, capacity * sizeof *items);

    if (items == NULL)
        return pv_error_nomem(error, "a list of counts");
    list->items = items;
    list->capacity = capacity;
    return PV_OK;
}

enum pv_status pv_count_list_add(struct pv_count_list *list, const char *name, size_t length,
                                 int64_t count, struct pv_error *error)
{
    enum pv_status status = list->count == list->capacity ? grow(list, error) : PV_OK;
    char *copy;

    if (status != PV_OK)
        return status;
    copy = reserve_name(list, length);
    if (copy == NULL)
        return pv_error_nomem(error, "a list of counts");
    memcpy(copy, name, length);
    list->items[list->count++] = (struct pv_count){copy, (uint32_t)length, 0, count};
    return PV_OK;
}

void pv_count_list_finish(struct pv_count_list *list)
{
    size_t kept = 0;

    if (list->count == 0)
        return;
    pv_count_sort(list->items, list->count);
    for (size_t i = 1; i < list->count; i++)
        if (pv_bytes_compare(list->items[kept].name, list->items[kept].length, list->items[i].name,
                             list->items[i].length) != 0)
            list->items[++kept] = list->items[i];
    list->count = kept + 1;
}

bool pv_count_list_has(const struct pv_count_list *list, const char *name, size_t length)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct pv_count *item = &list->items[middle];
        int order = pv_bytes_compare(item->name, item->length, name, length);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

int64_t pv_count_list_sum(const struct pv_count_list *list)
{
    int64_t sum = 0;

    for (size_t i = 0; i < list->count; i++)
        sum += list->items[i].count;
    return sum;
}

static void restart(void *context)
{
    pv_count_list_clean_up(context);
}

static enum pv_status add(void *context, const char *name, size_t length, int64_t count,
                          struct pv_error *error)
{
    return pv_count_list_add(context, name, length, count, error);
}

struct pv_counts_target pv_count_list_target(struct pv_count_list *list)
{
    return (struct pv_counts_target){restart, add, list};
}
