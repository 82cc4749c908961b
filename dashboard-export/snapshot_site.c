#include "dashboard-export/snapshot.h"

#include <inttypes.h>

#include "pageview/event_json.h"

void pv_snapshot_site(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                      const struct pv_count_list *minutes)
{
    pv_snapshot_write_about(buffer, about, "site/1");
    pv_buffer_add_text(buffer, ",\"items\":[");
    for (size_t i = 0; i < minutes->count; i++) {
        const struct pv_count *minute = &minutes->items[i];

        pv_buffer_add_text(buffer, i > 0 ? ",{\"time\":" : "{\"time\":");
        pv_json_string_write(buffer, minute->name, minute->length);
        pv_buffer_add_format(buffer, ",\"views\":%" PRId64 "}", minute->count);
    }
    pv_buffer_add_text(buffer, "]}\n");
}

void pv_snapshot_write_series(struct pv_buffer *buffer, enum pv_bucket_size size, int64_t last_ms,
                              const int64_t *views, size_t count)
{
    char last[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(size, last_ms, last);
    pv_buffer_add_format(buffer, ",\"%s\":{\"to\":\"%s\",\"views\":[",
                         size == PV_BUCKET_HOUR ? "hours" : "days", last);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        pv_buffer_add_number(buffer, (uint64_t)views[i]);
    }
    pv_buffer_add_text(buffer, "]}");
}

void pv_snapshot_site_series(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                             enum pv_bucket_size size, int64_t last_ms, const int64_t *views,
                             size_t count)
{
    pv_snapshot_write_about(buffer, about, size == PV_BUCKET_HOUR ? "site-hours/1" : "site-days/1");
    pv_snapshot_write_series(buffer, size, last_ms, views, count);
    pv_buffer_add_text(buffer, "}\n");
}
