#include "dashboard-export/snapshot.h"

#include <inttypes.h>

void pv_snapshot_totals(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                        const struct pv_totals *totals)
{
    const struct pv_snapshot_about about = {*stamp, true, &totals->offsets};
    char date[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(PV_BUCKET_DAY, totals->today_ms, date);
    pv_snapshot_write_about(buffer, &about, "totals/1");
    pv_buffer_add_format(buffer, ",\"events\":%" PRId64 ",\"views\":%" PRId64 ",\"filtered\":",
                         totals->views + pv_count_list_sum(&totals->filtered), totals->views);
    pv_snapshot_write_counts(buffer, &totals->filtered);
    pv_buffer_add_format(buffer,
                         ",\"articles\":%" PRId64 ",\"today\":{\"date\":\"%s\",\"views\":%" PRId64
                         ",\"filtered\":",
                         totals->articles, date, totals->today_views);
    pv_snapshot_write_counts(buffer, &totals->today_filtered);
    pv_buffer_add_text(buffer, "}}\n");
}
