#include "aggregator/ranker/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/msgpack.h"

struct pv_entry {
    char *article; /* without a NUL */
    size_t length;
    double score;
};

void pv_entries_clean_up(struct pv_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->sorted[i].article);
    free(entries->sorted);
    *entries = (struct pv_entries){NULL, 0};
}

static int compare_articles(const void *left, const void *right)
{
    const struct pv_entry *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->article, b->article, shorter);

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

enum pv_status pv_entries_init(struct pv_entries *entries, const struct pv_ranked *ranked,
                               size_t count, struct pv_error *error)
{
    struct pv_entries made = {NULL, 0};

    if (count > 0 && (made.sorted = calloc(count, sizeof *made.sorted)) == NULL)
        return pv_error_nomem(error, "a list");
    for (; made.count < count; made.count++) {
        struct pv_text article = ranked[made.count].article;
        char *copy = malloc(article.length + 1);

        if (copy == NULL) {
            pv_entries_clean_up(&made);
            return pv_error_nomem(error, "a list");
        }
        memcpy(copy, article.data, article.length);
        made.sorted[made.count] = (struct pv_entry){copy, article.length, ranked[made.count].score};
    }
    if (count > 0)
        qsort(made.sorted, count, sizeof *made.sorted, compare_articles);
    *entries = made;
    return PV_OK;
}

static void add_article(struct pv_buffer *buffer, const struct pv_entry *entry)
{
    pv_msgpack_text(buffer, entry->article, (uint16_t)entry->length);
}

static void add_score(struct pv_buffer *buffer, const struct pv_entry *entry)
{
    char score[32]; /* 17 digits are the number to the bit */

    pv_msgpack_text(buffer, score, (uint16_t)snprintf(score, sizeof score, "%.17g", entry->score));
}

/* Puts the head of an array in front of its items. */
static void add_head(struct pv_buffer *items, uint32_t count, struct pv_buffer *scratch)
{
    struct pv_buffer whole = *scratch;

    pv_buffer_reset(&whole);
    pv_msgpack_array(&whole, count);
    pv_buffer_add(&whole, items->data, items->length);
    whole.failed = whole.failed || items->failed;
    *scratch = *items;
    *items = whole;
}

void pv_entries_compare(const struct pv_entries *before, const struct pv_entries *after,
                        struct pv_difference *difference)
{
    size_t i = 0, j = 0;

    pv_buffer_reset(&difference->gone);
    pv_buffer_reset(&difference->changed);
    difference->gone_count = difference->changed_count = 0;
    while (i < before->count || j < after->count) { /* both are in order: one pass */
        const struct pv_entry *old = i < before->count ? &before->sorted[i] : NULL;
        const struct pv_entry *new = j < after->count ? &after->sorted[j] : NULL;
        int order = old == NULL ? 1 : new == NULL ? -1 : compare_articles(old, new);

        if (order < 0) {
            add_article(&difference->gone, old);
            difference->gone_count++;
        } else if (order > 0 || old->score != new->score) {
            add_article(&difference->changed, new);
            add_score(&difference->changed, new);
            difference->changed_count++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    add_head(&difference->gone, difference->gone_count, &difference->scratch);
    add_head(&difference->changed, 2 * difference->changed_count, &difference->scratch);
}

void pv_difference_clean_up(struct pv_difference *difference)
{
    pv_buffer_clean_up(&difference->gone);
    pv_buffer_clean_up(&difference->changed);
    pv_buffer_clean_up(&difference->scratch);
}
