#include "dashboard-export/progress.h"

#include <string.h>

#define NAME(name) "pv_dashboard_export_" name

void pv_progress_table(const struct pv_progress *progress, struct pv_metric rows[PV_PROGRESS_ROWS])
{
    static const char rounds_help[] = "Rounds, by whether every file could be written.";
    static const char files_help[] = "Snapshot files, by what became of them.";
    const struct pv_metric table[PV_PROGRESS_ROWS] = {
        {NAME("rounds_total"), "counter", "result", "ok", rounds_help, &progress->rounds_ok},
        {NAME("rounds_total"), "counter", "result", "failed", rounds_help,
         &progress->rounds_failed},
        {NAME("files_total"), "counter", "result", "written", files_help, &progress->written},
        {NAME("files_total"), "counter", "result", "unchanged", files_help, &progress->unchanged},
        {NAME("files_total"), "counter", "result", "failed", files_help, &progress->failed},
        {NAME("inexact_total"), "counter", NULL, NULL,
         "Snapshots with exact=false, since counts moved while they were read.",
         &progress->inexact},
        {NAME("written_bytes_total"), "counter", NULL, NULL, "Bytes of the files written.",
         &progress->written_bytes},
        {NAME("last_success_timestamp_seconds"), "gauge", NULL, NULL,
         "When the last round ended in which no file failed.", &progress->last_success_s},
        {NAME("redis_up"), "gauge", NULL, NULL, "Whether the last round reached Redis.",
         &progress->redis_up},
    };

    memcpy(rows, table, sizeof table);
}
