/* The articles that co-views are counted of: a bounded table from ids to records, in which the
 * article read least recently gives way to a new one.
 *
 * An article goes by a number: its place, and above it how often the place was given anew. So the
 * number of an article that gave way finds nothing any more, and whoever kept it need not be told.
 * (After 65,535 times a place's numbers come again; what would be mistaken then is one old
 * companion.)
 *
 * Memory: some 900 bytes an article, and its id. The room is reserved at the start and taken by the
 * operating system as articles come. */
#ifndef AGGREGATOR_ALSO_READ_ARTICLE_TABLE_H
#define AGGREGATOR_ALSO_READ_ARTICLE_TABLE_H

#include "aggregator/also_read/companions.h"
#include "pageview/event.h"
#include "pageview/status.h"

/* What is counted of an article. */
struct pv_article_record {
    struct pv_companions companions;
    double readers;      /* by weight */
    uint64_t told;       /* hash of the list that was told last; 0: none yet */
    int64_t told_ms;     /* when */
    bool is_waiting;     /* in the queue of those whose lists may have changed */
    uint32_t generation; /* of the place */
    /* The table's own. */
    char *id; /* NULL: the place is free */
    uint16_t length;
    uint64_t hash;
    uint32_t next;         /* place + 1 of the next with such a hash; 0: the last */
    uint32_t newer, older; /* places + 1 of the neighbours by the time of reading */
};

struct pv_article_table;

/* `max` is 1 to 65,535. */
enum pv_status pv_article_table_new(size_t max, struct pv_article_table **table,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_article_table_destroy(struct pv_article_table *table);

/* Number of the article, never 0, which is the one read latest from now on; it is added when it is
 * new. 0 when memory is out. */
uint32_t pv_article_table_read(struct pv_article_table *table, struct pv_text article);

/* The record of a number, NULL when it gave way. It stays in place. */
struct pv_article_record *pv_article_table_find(const struct pv_article_table *table,
                                                uint32_t number);

/* By place, from 0 on; one that is free has no id. */
struct pv_article_record *pv_article_table_at(const struct pv_article_table *table, size_t place);

/* The place that a number is at. */
static inline size_t pv_article_place(uint32_t number)
{
    return number & 0xffff;
}

size_t pv_article_table_count(const struct pv_article_table *table);
size_t pv_article_table_bytes(const struct pv_article_table *table);

#endif
