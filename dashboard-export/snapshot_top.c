#include "dashboard-export/snapshot.h"

#include <inttypes.h>

#include "pageview/event_json.h"

/* Wikimedia's answer has the parts of the date as texts. */
static void write_date(struct pv_buffer *buffer, enum pv_bucket_size size, int64_t time_ms)
{
    char name[PV_BUCKET_NAME_SIZE]; /* "2026-11-24T13" */

    pv_bucket_name(size, time_ms, name);
    pv_buffer_add_format(buffer, "\"year\":\"%.4s\",\"month\":\"%.2s\",\"day\":\"%.2s\"", name,
                         name + 5, name + 8);
    if (size == PV_BUCKET_HOUR)
        pv_buffer_add_format(buffer, ",\"hour\":\"%.2s\"", name + 11);
}

void pv_snapshot_top(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                     enum pv_bucket_size size, int64_t time_ms, const struct pv_top *top)
{
    pv_snapshot_write_about(buffer, about, "top/1");
    pv_buffer_add_text(buffer, ",\"items\":[{");
    write_date(buffer, size, time_ms);
    pv_buffer_add_text(buffer, ",\"articles\":[");
    for (size_t i = 0; i < top->count; i++) {
        const struct pv_top_item *item = &top->items[i];

        pv_buffer_add_text(buffer, i > 0 ? ",{\"article\":" : "{\"article\":");
        pv_json_string_write(buffer, item->article, item->length);
        pv_buffer_add_format(buffer, ",\"views\":%" PRId64 ",\"rank\":%zu}", item->views, i + 1);
    }
    pv_buffer_add_text(buffer, "]}]}\n");
}
