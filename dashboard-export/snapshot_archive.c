#include "dashboard-export/snapshot.h"

#include <stdint.h>

#include "pageview/event_json.h"

void pv_snapshot_archive_head(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                              size_t articles)
{
    pv_snapshot_write_about(buffer, about, "archive/1");
    pv_buffer_add_format(buffer, ",\"articles\":%zu}\n", articles);
}

void pv_snapshot_archive_line(struct pv_buffer *buffer, const struct pv_count *article)
{
    pv_buffer_add_text(buffer, "{\"article\":");
    pv_json_string_write(buffer, article->name, article->length);
    pv_buffer_add_text(buffer, ",\"views\":");
    pv_buffer_add_number(buffer, (uint64_t)article->count); /* no count is negative (counts.h) */
    pv_buffer_add_text(buffer, "}\n");
}
