#include "dashboard-export/also_json.h"

#include <inttypes.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/event_json.h"

static void write_item(struct pv_buffer *buffer, const struct pv_also_item *item)
{
    pv_buffer_add_text(buffer, "{\"article\":");
    pv_json_string_write(buffer, item->article->article.data, item->article->article.length);
    pv_snapshot_write_text(buffer, "title", item->article->title);
    pv_snapshot_write_text(buffer, "section", item->article->section);
    pv_buffer_add_format(buffer, ",\"views\":%" PRId64, item->article->views);
    /* A cosine has three decimals, another score those that six digits leave. */
    pv_buffer_add_format(buffer, item->by_readers ? ",\"score\":%.3g" : ",\"score\":%.6g",
                         item->score);
    pv_buffer_add_format(buffer, ",\"by\":\"%s\"}", item->by_readers ? "readers" : "section");
}

void pv_also_json(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                  const struct pv_also_items *items)
{
    pv_snapshot_write_about(buffer, about, "also-read/1");
    pv_buffer_add_text(buffer, ",\"article\":");
    pv_json_string_write(buffer, items->article.data, items->article.length);
    pv_buffer_add_text(buffer, ",\"items\":[");
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        write_item(buffer, &items->items[i]);
    }
    pv_buffer_add_text(buffer, "]}\n");
}

static uint64_t mix(uint64_t hash, struct pv_text text)
{
    return XXH3_64bits_withSeed(text.data, text.length, hash + text.length);
}

int64_t pv_also_fingerprint(const struct pv_also_items *items)
{
    uint64_t hash = items->count;

    for (size_t i = 0; i < items->count; i++) {
        const struct pv_also_item *item = &items->items[i];
        double score = item->by_readers ? item->score : -1;

        hash = mix(hash, item->article->article);
        hash = mix(hash, item->article->title);
        hash = mix(hash, item->article->section);
        hash = XXH3_64bits_withSeed(&score, sizeof score, hash);
    }
    return (int64_t)(hash >> 1 | 1);
}
