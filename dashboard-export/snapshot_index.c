#include "dashboard-export/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "dashboard-export/safe_name.h"
#include "pageview/event_json.h"

/* The rule of safe_name.h; another rule would have another number. */
enum { NAMES_RULE = 1 };

static void write_names(struct pv_buffer *buffer, const struct pv_snapshot_names *names)
{
    pv_buffer_add_text(buffer, ",\"timezone\":");
    if (names->timezone != NULL)
        pv_json_string_write(buffer, names->timezone, strlen(names->timezone));
    else
        pv_buffer_add_text(buffer, "null");
    pv_buffer_add_format(
        buffer, ",\"days\":%" PRId64 ",\"hours\":%" PRId64 ",\"names\":{\"rule\":%d,\"sections\":{",
        names->days, names->hours, NAMES_RULE);
    for (size_t i = 0; i < names->sections->count; i++) {
        const struct pv_count *section = &names->sections->items[i];
        char safe[PV_SAFE_NAME_SIZE];
        size_t length = pv_safe_section_name(section->name, section->length, safe);

        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        pv_json_string_write(buffer, section->name, section->length);
        pv_buffer_add_char(buffer, ':');
        pv_json_string_write(buffer, safe, length);
    }
    pv_buffer_add_text(buffer, "}}");
}

void pv_snapshot_index(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                       const struct pv_snapshot_names *names, const struct pv_index *index)
{
    pv_snapshot_write_stamp(buffer, stamp, "index/1");
    write_names(buffer, names);
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
