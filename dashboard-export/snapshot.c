#include "dashboard-export/snapshot.h"

#include <string.h>

static const char opening[] = PV_SNAPSHOT_STAMP_OPENING;

bool pv_snapshot_stamp_read(const char *text, size_t length, char time[PV_TIME_TEXT_SIZE])
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ\"";
    const char *at = text + strlen(opening);

    if (length < PV_SNAPSHOT_STAMP_SIZE || memcmp(text, opening, strlen(opening)) != 0)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++)
        if (shape[i] == 'd' ? at[i] < '0' || at[i] > '9' : at[i] != shape[i])
            return false;
    memcpy(time, at, PV_TIME_TEXT_SIZE - 1);
    time[PV_TIME_TEXT_SIZE - 1] = '\0';
    return true;
}

void pv_snapshot_write_stamp(struct pv_buffer *buffer, int64_t generated_ms)
{
    char time[PV_TIME_TEXT_SIZE];

    pv_time_text(generated_ms, time);
    pv_buffer_add_text(buffer, opening);
    pv_buffer_add_text(buffer, time);
    pv_buffer_add_char(buffer, '"');
}

void pv_snapshot_write_about(struct pv_buffer *buffer, const struct pv_snapshot_about *about)
{
    pv_snapshot_write_stamp(buffer, about->generated_ms);
    pv_buffer_add_text(buffer, about->exact ? ",\"exact\":true" : ",\"exact\":false");
    pv_buffer_add_text(buffer, ",\"offsets\":");
    pv_offsets_write(buffer, about->offsets);
}
