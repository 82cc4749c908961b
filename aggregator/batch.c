#include "aggregator/batch.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/bucket.h"

enum pv_status pv_batch_new(size_t max_cells, struct pv_batch **batch, struct pv_error *error)
{
    struct pv_batch *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "a batch");
    made->max_cells = max_cells;
    made->slot_count = 16;
    while (made->slot_count < 2 * max_cells)
        made->slot_count *= 2;
    made->articles = malloc(max_cells * sizeof *made->articles);
    made->cells = malloc(max_cells * sizeof *made->cells);
    made->slots = calloc(made->slot_count, sizeof *made->slots);
    if (made->articles == NULL || made->cells == NULL || made->slots == NULL) {
        pv_batch_destroy(made);
        return pv_error_nomem(error, "a batch");
    }
    *batch = made;
    return PV_OK;
}

void pv_batch_destroy(struct pv_batch *batch)
{
    if (batch == NULL)
        return;
    free(batch->articles);
    free(batch->cells);
    free(batch->slots);
    pv_buffer_clean_up(&batch->texts);
    pv_batch_facts_clean_up(&batch->facts);
    free(batch);
}

void pv_batch_open(struct pv_batch *batch, int32_t partition, int64_t from, int64_t now_ms)
{
    if (batch->article_count > 0)
        memset(batch->slots, 0, batch->slot_count * sizeof *batch->slots);
    pv_batch_facts_reset(&batch->facts, batch->article_count);
    pv_buffer_reset(&batch->texts);
    batch->article_count = batch->cell_count = batch->filtered_count = 0;
    batch->partition = partition;
    batch->epoch = 0;
    batch->from = batch->to = from;
    batch->opened_ms = now_ms;
    batch->views = batch->events = batch->rejected = 0;
    batch->watermark_ms = -1;
    batch->origin = batch->repeats_from = PV_OFFSET_NONE;
    batch->idle = batch->visits_wait = false;
    batch->caught_up_ms = 0;
    batch->stale = false;
    batch->next = NULL;
}

/* The slot that holds the article, or the free one where it belongs. */
static uint32_t *find_slot(const struct pv_batch *batch, struct pv_text article, uint64_t hash)
{
    size_t mask = batch->slot_count - 1;

    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &batch->slots[at];
        const struct pv_batch_article *found;

        if (*slot == 0)
            return slot;
        found = &batch->articles[*slot - 1];
        if (found->hash == hash && found->length == article.length &&
            memcmp(batch->texts.data + found->text_at, article.data, article.length) == 0)
            return slot;
    }
}

static uint32_t find_cell(const struct pv_batch *batch, uint32_t article, uint32_t minute)
{
    uint32_t at = batch->articles[article].newest_cell;

    while (at != PV_BATCH_NO_CELL && batch->cells[at].minute != minute)
        at = batch->cells[at].older_cell;
    return at;
}

static bool add_article(struct pv_batch *batch, struct pv_text article, uint64_t hash,
                        uint32_t *slot)
{
    struct pv_batch_article *added = &batch->articles[batch->article_count];

    if (batch->texts.length + article.length > PV_BATCH_TEXT_MAX)
        return false;
    added->hash = hash;
    added->text_at = (uint32_t)batch->texts.length;
    added->length = (uint32_t)article.length;
    added->newest_cell = PV_BATCH_NO_CELL;
    pv_buffer_add(&batch->texts, article.data, article.length);
    if (batch->texts.failed) {
        batch->texts.failed = false;
        return false;
    }
    batch->article_count++;
    *slot = (uint32_t)batch->article_count;
    return true;
}

uint64_t pv_batch_prefetch(const struct pv_batch *batch, struct pv_text article)
{
    uint64_t hash = XXH3_64bits(article.data, article.length);

    __builtin_prefetch(&batch->slots[hash & (batch->slot_count - 1)]);
    return hash;
}

bool pv_batch_add_view(struct pv_batch *batch, int64_t offset, struct pv_text article,
                       int64_t ts_ms)
{
    uint64_t hash = XXH3_64bits(article.data, article.length);
    uint32_t *slot = find_slot(batch, article, hash);
    uint32_t minute = (uint32_t)(ts_ms / PV_MINUTE_MS);
    uint32_t cell = *slot == 0 ? PV_BATCH_NO_CELL : find_cell(batch, *slot - 1, minute);

    if (cell == PV_BATCH_NO_CELL) {
        struct pv_batch_article *owner;

        if (batch->cell_count == batch->max_cells ||
            (*slot == 0 && !add_article(batch, article, hash, slot)))
            return false;
        owner = &batch->articles[*slot - 1];
        cell = (uint32_t)batch->cell_count++;
        batch->cells[cell] = (struct pv_batch_cell){*slot - 1, minute, 0, owner->newest_cell};
        owner->newest_cell = cell;
    }
    batch->cells[cell].count++;
    batch->last_article = *slot - 1;
    batch->views++;
    batch->events++;
    batch->to = offset + 1;
    return true;
}

bool pv_batch_add_filtered(struct pv_batch *batch, int64_t offset, enum pv_reason reason,
                           int64_t ts_ms)
{
    int64_t day_ms = pv_bucket_start_ms(PV_BUCKET_DAY, ts_ms);
    size_t at = 0;

    while (at < batch->filtered_count &&
           (batch->filtered[at].reason != reason || batch->filtered[at].day_ms != day_ms))
        at++;
    if (at == PV_BATCH_FILTERED_MAX)
        return false;
    if (at == batch->filtered_count)
        batch->filtered[batch->filtered_count++] = (struct pv_batch_filtered){day_ms, reason, 0};
    batch->filtered[at].count++;
    batch->events++;
    batch->to = offset + 1;
    return true;
}

bool pv_batch_has_filtered_room(const struct pv_batch *batch)
{
    return batch->filtered_count < PV_BATCH_FILTERED_MAX;
}

void pv_batch_extend(struct pv_batch *batch, int64_t next_offset)
{
    if (next_offset > batch->to)
        batch->to = next_offset;
}
