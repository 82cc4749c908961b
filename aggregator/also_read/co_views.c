#include "aggregator/also_read/co_views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aggregator/also_read/article_table.h"
#include "aggregator/also_read/readings.h"

/* Weights grow by this many half-lives before all counts are made smaller once. */
enum { HALF_LIVES_MAX = 32 };

/* A list that did not change is told again after this time, so that it does not expire. */
#define TELL_AGAIN_MS INT64_C(86400000)

/* Of a list that was told and may be lost. */
#define TOLD_UNKNOWN 1

struct pv_co_views {
    struct pv_article_table *articles;
    struct pv_readings *readings;
    int64_t half_life_ms;
    bool has_begun;
    int64_t base_ms; /* when a reader weighs 1 */
    int64_t now_ms;
    double weight;   /* of a reader now */
    size_t max;      /* room in the queue */
    uint32_t *queue; /* a ring of places whose lists may have changed, the oldest first */
    size_t first, waiting;
    uint64_t random;
};

enum pv_status pv_co_views_new(const struct pv_co_views_bounds *bounds, struct pv_co_views **views,
                               struct pv_error *error)
{
    struct pv_co_views *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "co-views");
    made->half_life_ms = bounds->half_life_ms;
    made->weight = 1;
    made->max = bounds->articles;
    made->queue = calloc(bounds->articles, sizeof *made->queue);
    status = made->queue != NULL ? PV_OK : pv_error_nomem(error, "co-views");
    if (status == PV_OK)
        status = pv_article_table_new(bounds->articles, &made->articles, error);
    if (status == PV_OK)
        status = pv_readings_new(bounds->readers, &made->readings, error);
    if (status != PV_OK) {
        pv_co_views_destroy(made);
        return status;
    }
    *views = made;
    return PV_OK;
}

void pv_co_views_destroy(struct pv_co_views *views)
{
    if (views == NULL)
        return;
    pv_article_table_destroy(views->articles);
    pv_readings_destroy(views->readings);
    free(views->queue);
    free(views);
}

size_t pv_co_views_articles(const struct pv_co_views *views)
{
    return pv_article_table_count(views->articles);
}

size_t pv_co_views_bytes(const struct pv_co_views *views)
{
    return sizeof *views + views->max * sizeof *views->queue +
           pv_article_table_bytes(views->articles) + pv_readings_bytes(views->readings);
}

/* Makes all counts so much smaller that a reader weighs 1 again. */
static void rescale(struct pv_co_views *views)
{
    for (size_t i = 0; i < pv_article_table_count(views->articles); i++) {
        struct pv_article_record *record = pv_article_table_at(views->articles, i);

        record->readers /= views->weight;
        pv_companions_scale(&record->companions, (float)(1 / views->weight));
    }
    views->base_ms = views->now_ms;
    views->weight = 1;
}

static void set_time(struct pv_co_views *views, int64_t time_ms)
{
    if (!views->has_begun)
        views->base_ms = views->now_ms = time_ms;
    views->has_begun = true;
    if (time_ms <= views->now_ms)
        return;
    views->now_ms = time_ms;
    views->weight = exp2((double)(time_ms - views->base_ms) / (double)views->half_life_ms);
    if (views->weight > exp2(HALF_LIVES_MAX))
        rescale(views);
}

static void wait_in_queue(struct pv_co_views *views, struct pv_article_record *record, size_t place)
{
    if (record->is_waiting)
        return;
    record->is_waiting = true;
    views->queue[(views->first + views->waiting++) % views->max] = (uint32_t)place;
}

static bool is_there(const void *context, uint32_t article)
{
    return pv_article_table_find(context, article) != NULL;
}

/* Good enough in its upper bits (D. Knuth's MMIX). */
static uint64_t next_random(struct pv_co_views *views)
{
    views->random = views->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return views->random;
}

static void count_pair(struct pv_co_views *views, uint32_t one, uint32_t other)
{
    struct pv_article_record *a = pv_article_table_find(views->articles, one);
    struct pv_article_record *b = pv_article_table_find(views->articles, other);
    float weight = (float)views->weight;

    if (a == NULL || b == NULL) /* the other one gave way meanwhile */
        return;
    pv_companions_add(&a->companions, other, weight, next_random(views), is_there, views->articles);
    pv_companions_add(&b->companions, one, weight, next_random(views), is_there, views->articles);
    wait_in_queue(views, b, pv_article_place(other));
}

bool pv_co_views_visit(struct pv_co_views *views, uint64_t reader, struct pv_text article,
                       int64_t time_ms)
{
    uint32_t others[PV_READINGS_OF_READER], number;
    struct pv_article_record *record;
    size_t count;

    set_time(views, time_ms);
    number = pv_article_table_read(views->articles, article);
    if (number == 0)
        return false;
    if (!pv_readings_add(views->readings, reader, number, others, &count))
        return true;
    record = pv_article_table_find(views->articles, number);
    record->readers += views->weight;
    for (size_t i = 0; i < count; i++)
        count_pair(views, number, others[i]);
    wait_in_queue(views, record, pv_article_place(number));
    return true;
}

/* Does a stand before b in a list? */
static bool is_before(const struct pv_also_item *a, const struct pv_also_item *b)
{
    size_t shorter = a->article.length < b->article.length ? a->article.length : b->article.length;
    int order = memcmp(a->article.data, b->article.data, shorter);

    if (a->score != b->score)
        return a->score > b->score;
    return order != 0 ? order > 0 : a->article.length > b->article.length;
}

static void insert(struct pv_also_list *list, struct pv_also_item item)
{
    size_t at = list->count;

    while (at > 0 && is_before(&item, &list->items[at - 1]))
        at--;
    if (at == PV_ALSO_ITEMS)
        return;
    if (list->count < PV_ALSO_ITEMS)
        list->count++;
    memmove(&list->items[at + 1], &list->items[at], (list->count - 1 - at) * sizeof list->items[0]);
    list->items[at] = item;
}

static void make_list(const struct pv_co_views *views, const struct pv_article_record *record,
                      struct pv_also_list *list)
{
    const struct pv_companions *companions = &record->companions;

    *list = (struct pv_also_list){.article = {record->id, record->length}};
    for (size_t i = 0; i < PV_COMPANIONS; i++) {
        const struct pv_article_record *other;
        double cosine;

        if (companions->articles[i] == 0 || companions->readers[i] < PV_ALSO_READERS)
            continue;
        other = pv_article_table_find(views->articles, companions->articles[i]);
        if (other == NULL ||
            companions->seen[i] <= 0) /* it gave way, or is older than numbers go */
            continue;
        cosine = (double)companions->seen[i] / sqrt(record->readers * other->readers);
        cosine = round(1000 * (cosine < 1 ? cosine : 1)) / 1000;
        if (cosine > 0)
            insert(list, (struct pv_also_item){{other->id, other->length}, cosine});
    }
}

/* Never one of the reserved values. */
static uint64_t hash_list(const struct pv_also_list *list)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct pv_also_item *item = &list->items[i];

        hash = XXH3_64bits_withSeed(&item->score, sizeof item->score, hash);
        hash = XXH3_64bits_withSeed(item->article.data, item->article.length, hash);
    }
    return hash > TOLD_UNKNOWN ? hash : TOLD_UNKNOWN + 1;
}

/* Whether the list is to be told; notes that it is. */
static bool tell(struct pv_article_record *record, const struct pv_also_list *list, int64_t now_ms)
{
    uint64_t hash = hash_list(list);

    if (record->told == 0 && list->count == 0)
        return false;
    if (record->told == hash && (list->count == 0 || now_ms - record->told_ms < TELL_AGAIN_MS))
        return false;
    record->told = hash;
    record->told_ms = now_ms;
    return true;
}

bool pv_co_views_next(struct pv_co_views *views, int64_t now_ms, struct pv_also_list *list)
{
    while (views->waiting > 0) {
        struct pv_article_record *record =
            pv_article_table_at(views->articles, views->queue[views->first]);

        views->first = (views->first + 1) % views->max;
        views->waiting--;
        record->is_waiting = false;
        if (record->id == NULL)
            continue;
        make_list(views, record, list);
        if (tell(record, list, now_ms))
            return true;
    }
    return false;
}

void pv_co_views_doubt(struct pv_co_views *views)
{
    for (size_t i = 0; i < pv_article_table_count(views->articles); i++) {
        struct pv_article_record *record = pv_article_table_at(views->articles, i);

        if (record->told == 0)
            continue;
        record->told = TOLD_UNKNOWN;
        wait_in_queue(views, record, i);
    }
}
