#include "dashboard-export/snapshot.h"

#include <inttypes.h>

#include "pageview/event_json.h"

void pv_snapshot_write_counts(struct pv_buffer *buffer, const struct pv_count_list *list)
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

void pv_snapshot_filtered(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                          int64_t time_ms, const struct pv_count_list *reasons)
{
    char date[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(PV_BUCKET_DAY, time_ms, date);
    pv_snapshot_write_about(buffer, about, "filtered/1");
    pv_buffer_add_format(buffer, ",\"date\":\"%s\",\"events\":%" PRId64 ",\"reasons\":", date,
                         pv_count_list_sum(reasons));
    pv_snapshot_write_counts(buffer, reasons);
    pv_buffer_add_text(buffer, "}\n");
}
