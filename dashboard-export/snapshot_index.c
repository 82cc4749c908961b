#include "dashboard-export/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "pageview/event_json.h"

void pv_snapshot_index(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                       const struct pv_index *index)
{
    pv_snapshot_write_stamp(buffer, stamp, "index/1");
    pv_buffer_add_text(buffer, ",\"files\":[");
    for (size_t i = 0; i < index->count; i++) {
        const struct pv_index_file *file = &index->files[i];

        pv_buffer_add_text(buffer, i > 0 ? ",{\"path\":" : "{\"path\":");
        pv_json_string_write(buffer, file->path, strlen(file->path));
        pv_buffer_add_format(buffer, ",\"bytes\":%" PRId64 ",\"generated_at\":\"%s\"}", file->bytes,
                             file->generated_at);
    }
    pv_buffer_add_text(buffer, "]}\n");
}
