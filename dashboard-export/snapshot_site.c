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
