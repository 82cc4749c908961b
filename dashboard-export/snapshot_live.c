#include "dashboard-export/snapshot.h"

#include <inttypes.h>

void pv_snapshot_live(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                      const struct pv_live *live)
{
    const struct pv_snapshot_about about = {*stamp, true, &live->offsets};

    pv_snapshot_write_about(buffer, &about, "live/1");
    pv_buffer_add_format(buffer,
                         ",\"now\":{\"minutes\":%d,\"views\":%" PRId64 ",\"people\":%" PRId64
                         "},\"items\":[",
                         PV_LIVE_NOW_MINUTES, live->recent_views, live->recent_people);
    for (int i = 0; i < PV_LIVE_MINUTES; i++) {
        char time[PV_TIME_TEXT_SIZE];

        pv_time_text(live->first_ms + i * PV_MINUTE_MS, time);
        pv_buffer_add_format(buffer, "%s{\"time\":\"%s\",\"views\":%" PRId64 "}", i > 0 ? "," : "",
                             time, live->views[i]);
    }
    pv_buffer_add_text(buffer, "]}\n");
}
