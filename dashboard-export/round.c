#include "dashboard-export/round.h"

#include "dashboard-export/serve/written_files.h"
#include "pageview/log.h"
#include "pageview/stop.h"

enum pv_status pv_round_settle(struct pv_round *round, const char *path, enum pv_status status,
                               const struct pv_published *published, const struct pv_error *error)
{
    struct pv_progress *progress = round->exporter->progress;
    bool ends_round = status == PV_UNAVAILABLE || status == PV_INVALID;

    if (status == PV_OK) {
        pv_metric_add(published->written ? &progress->written : &progress->unchanged, 1);
        if (published->written)
            pv_metric_add(&progress->written_bytes, published->bytes);
        if (published->written && round->exporter->written != NULL)
            pv_written_files_add(round->exporter->written, path);
        return PV_OK;
    }
    if (status == PV_UNAVAILABLE && pv_stop_requested())
        return status;
    pv_metric_add(&progress->failed, 1);
    pv_log(PV_LOG_DEBUG, "snapshot_failed", PV_TEXT("path", path), PV_TEXT("error", error->text));
    if (ends_round || round->failure.status == PV_OK)
        round->failure = *error;
    return ends_round ? status : PV_OK;
}

struct pv_snapshot_stamp pv_round_stamp(const struct pv_round *round)
{
    return (struct pv_snapshot_stamp){round->now_ms, round->moment.committed_ms};
}

struct pv_snapshot_about pv_round_about(const struct pv_round *round,
                                        const struct pv_reading *reading, const char *path)
{
    if (!reading->exact) {
        pv_metric_add(&round->exporter->progress->inexact, 1);
        pv_log(PV_LOG_DEBUG, "inexact", PV_TEXT("path", path));
    }
    return (struct pv_snapshot_about){pv_round_stamp(round), reading->exact, &reading->offsets};
}

typedef enum pv_status publish_function(const struct pv_directory *directory, const char *path,
                                        const struct pv_buffer *text,
                                        struct pv_published *published, struct pv_error *error);

static enum pv_status publish_by(struct pv_round *round, const char *path, struct pv_buffer *text,
                                 publish_function *publish)
{
    struct pv_published published = {0};
    struct pv_error error;
    enum pv_status status = publish(&round->exporter->directory, path, text, &published, &error);

    pv_buffer_clean_up(text);
    return pv_round_settle(round, path, status, &published, &error);
}

enum pv_status pv_round_publish(struct pv_round *round, const char *path, struct pv_buffer *text)
{
    return publish_by(round, path, text, pv_publish_text);
}

enum pv_status pv_round_publish_plain(struct pv_round *round, const char *path,
                                      struct pv_buffer *text)
{
    return publish_by(round, path, text, pv_publish_plain);
}

enum pv_status pv_round_publish_csv(struct pv_round *round, const char *path,
                                    struct pv_buffer *text)
{
    char csv_path[PV_LAYOUT_PATH_SIZE];

    pv_layout_csv(path, csv_path);
    return pv_round_publish_plain(round, csv_path, text);
}
