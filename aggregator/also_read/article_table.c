#include "aggregator/also_read/article_table.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ID_OVERHEAD = 24 }; /* of an allocation */

struct pv_article_table {
    size_t max, count;
    size_t id_bytes;
    struct pv_article_record *records; /* `max`; the first `count` are in use */
    uint32_t *chains;                  /* place + 1 of the first of each hash; 0: none */
    size_t chain_count;                /* a power of two */
    uint32_t newest, oldest;           /* places + 1; 0: none */
};

enum pv_status pv_article_table_new(size_t max, struct pv_article_table **table,
                                    struct pv_error *error)
{
    struct pv_article_table *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "articles");
    made->max = max;
    made->chain_count = 1;
    while (made->chain_count < max)
        made->chain_count *= 2;
    made->records = calloc(max, sizeof *made->records);
    made->chains = calloc(made->chain_count, sizeof *made->chains);
    if (made->records == NULL || made->chains == NULL) {
        pv_article_table_destroy(made);
        return pv_error_nomem(error, "articles");
    }
    *table = made;
    return PV_OK;
}

void pv_article_table_destroy(struct pv_article_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->records[i].id);
    free(table->records);
    free(table->chains);
    free(table);
}

size_t pv_article_table_count(const struct pv_article_table *table)
{
    return table->count;
}

size_t pv_article_table_bytes(const struct pv_article_table *table)
{
    return sizeof *table + table->max * sizeof *table->records +
           table->chain_count * sizeof *table->chains + table->id_bytes;
}

struct pv_article_record *pv_article_table_at(const struct pv_article_table *table, size_t place)
{
    return &table->records[place];
}

struct pv_article_record *pv_article_table_find(const struct pv_article_table *table,
                                                uint32_t number)
{
    struct pv_article_record *record = &table->records[pv_article_place(number)];

    return record->id != NULL && record->generation == number >> 16 ? record : NULL;
}

static uint32_t *chain_of(const struct pv_article_table *table, uint64_t hash)
{
    return &table->chains[hash & (table->chain_count - 1)];
}

static struct pv_article_record *record_at(const struct pv_article_table *table, uint32_t link)
{
    return &table->records[link - 1];
}

/* Takes it out of the order of reading. */
static void detach(struct pv_article_table *table, struct pv_article_record *record)
{
    if (record->newer != 0)
        record_at(table, record->newer)->older = record->older;
    else
        table->newest = record->older;
    if (record->older != 0)
        record_at(table, record->older)->newer = record->newer;
    else
        table->oldest = record->newer;
}

static void attach_newest(struct pv_article_table *table, uint32_t link)
{
    struct pv_article_record *record = record_at(table, link);

    record->newer = 0;
    record->older = table->newest;
    if (table->newest != 0)
        record_at(table, table->newest)->newer = link;
    else
        table->oldest = link;
    table->newest = link;
}

static uint32_t find_link(const struct pv_article_table *table, uint64_t hash,
                          struct pv_text article)
{
    uint32_t link = *chain_of(table, hash);

    while (link != 0) {
        const struct pv_article_record *record = record_at(table, link);

        if (record->hash == hash && record->length == article.length &&
            memcmp(record->id, article.data, article.length) == 0)
            break;
        link = record->next;
    }
    return link;
}

/* Frees the place of the oldest and returns it. What waits for the place goes on waiting. */
static uint32_t evict(struct pv_article_table *table)
{
    uint32_t link = table->oldest;
    struct pv_article_record *record = record_at(table, link);
    uint32_t *at = chain_of(table, record->hash);
    struct pv_article_record empty = {.is_waiting = record->is_waiting,
                                      .generation = record->generation};

    while (*at != link)
        at = &record_at(table, *at)->next;
    *at = record->next;
    detach(table, record);
    table->id_bytes -= record->length + ID_OVERHEAD;
    free(record->id);
    *record = empty;
    return link;
}

static uint32_t add(struct pv_article_table *table, uint64_t hash, struct pv_text article)
{
    char *id = malloc(article.length);
    struct pv_article_record *record;
    uint32_t link;

    if (id == NULL)
        return 0;
    memcpy(id, article.data, article.length);
    link = table->count < table->max ? (uint32_t)++table->count : evict(table);
    record = record_at(table, link);
    record->id = id;
    record->length = (uint16_t)article.length;
    record->hash = hash;
    record->generation = record->generation % 0xffff + 1;
    record->next = *chain_of(table, hash);
    *chain_of(table, hash) = link;
    table->id_bytes += article.length + ID_OVERHEAD;
    attach_newest(table, link);
    return link;
}

uint32_t pv_article_table_read(struct pv_article_table *table, struct pv_text article)
{
    uint64_t hash = XXH3_64bits(article.data, article.length);
    uint32_t link = find_link(table, hash, article);

    if (link == 0) {
        link = add(table, hash, article);
    } else if (table->newest != link) {
        detach(table, record_at(table, link));
        attach_newest(table, link);
    }
    return link != 0 ? record_at(table, link)->generation << 16 | (link - 1) : 0;
}
