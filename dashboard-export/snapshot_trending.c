#include "dashboard-export/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "pageview/event_json.h"

static void write_text(struct pv_buffer *buffer, const char *text)
{
    if (text != NULL)
        pv_json_string_write(buffer, text, strlen(text));
    else
        pv_buffer_add_text(buffer, "null");
}

static void write_item(struct pv_buffer *buffer, const struct pv_trending_item *item, size_t rank,
                       size_t before)
{
    pv_buffer_add_format(buffer, "{\"rank\":%zu,\"article\":", rank);
    pv_json_string_write(buffer, item->article, item->length);
    pv_buffer_add_text(buffer, ",\"title\":");
    write_text(buffer, item->title);
    pv_buffer_add_text(buffer, ",\"section\":");
    write_text(buffer, item->section);
    pv_buffer_add_format(buffer, ",\"views\":%" PRId64 ",\"score\":%s,\"change\":", item->views,
                         item->score);
    if (before > 0)
        pv_buffer_add_format(buffer, "%" PRId64 "}", (int64_t)before - (int64_t)rank);
    else
        pv_buffer_add_text(buffer, "null}");
}

void pv_snapshot_trending(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                          const char *list, const char *section, const struct pv_trending *trending,
                          const struct pv_ranked_list *ranked)
{
    const struct pv_snapshot_about about = {*stamp, true, &trending->offsets};

    pv_snapshot_write_about(buffer, &about, "trending/1");
    pv_buffer_add_format(buffer, ",\"list\":\"%s\",\"section\":", list);
    write_text(buffer, section);
    pv_buffer_add_text(buffer, ",\"items\":[");
    for (size_t i = 0; i < trending->count; i++) {
        const struct pv_trending_item *item = &trending->items[i];

        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        write_item(buffer, item, i + 1,
                   pv_ranks_hour_ago(ranked, stamp->generated_ms, item->article, item->length));
    }
    pv_buffer_add_text(buffer, "]}\n");
}
