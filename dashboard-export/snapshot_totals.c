#include "dashboard-export/snapshot.h"

#include <inttypes.h>

#include "pageview/event_json.h"

static void write_counts(struct pv_buffer *buffer, const struct pv_count_list *list)
{
    pv_buffer_add_char(buffer, '{');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        pv_json_string_write(buffer, list->items[i].name, list->items[i].length);
        pv_buffer_add_format(buffer, ":%" PRId64, list->items[i].count);
    }
    pv_buffer_add_char(buffer, '}');
}

void pv_snapshot_totals(struct pv_buffer *buffer, int64_t generated_ms,
                        const struct pv_totals *totals)
{
    const struct pv_snapshot_about about = {generated_ms, true, &totals->offsets};
    char date[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(PV_BUCKET_DAY, totals->today_ms, date);
    pv_snapshot_write_about(buffer, &about);
    pv_buffer_add_format(buffer, ",\"events\":%" PRId64 ",\"views\":%" PRId64 ",\"filtered\":",
                         totals->views + pv_count_list_sum(&totals->filtered), totals->views);
    write_counts(buffer, &totals->filtered);
    pv_buffer_add_format(buffer,
                         ",\"articles\":%" PRId64 ",\"today\":{\"date\":\"%s\",\"views\":%" PRId64
                         ",\"filtered\":",
                         totals->articles, date, totals->today_views);
    write_counts(buffer, &totals->today_filtered);
    pv_buffer_add_text(buffer, "}}\n");
}
