#include "dashboard-export/web_files.h"

/* They are no snapshots, so only a failure is settled as one. */
static enum pv_status export_file(struct pv_round *round, const struct pv_web_file *file)
{
    struct pv_published published = {0};
    struct pv_buffer text = {0};
    struct pv_error error;
    enum pv_status status;

    pv_buffer_add(&text, file->data, file->size);
    status = pv_publish_plain(&round->exporter->directory, file->path, &text, &published, &error);
    pv_buffer_clean_up(&text);
    return status == PV_OK ? PV_OK : pv_round_settle(round, file->path, status, NULL, &error);
}

enum pv_status pv_web_files_export(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    enum pv_status status = PV_OK;

    if (exporter->web_opening == exporter->directory.opening)
        return PV_OK;
    for (const struct pv_web_file *file = pv_web_files; file->path != NULL && status == PV_OK;
         file++)
        if (!file->is_dashboard || exporter->options->dashboard)
            status = export_file(round, file);
    if (status == PV_OK && round->failure.status == PV_OK)
        exporter->web_opening = exporter->directory.opening;
    return status;
}
