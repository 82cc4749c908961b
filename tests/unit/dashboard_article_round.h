/* A round of the files of articles, to its end. */
#ifndef DASHBOARD_ARTICLE_ROUND_H
#define DASHBOARD_ARTICLE_ROUND_H

#include "dashboard-export/article_file.h"

/* The first failure is returned; `*all` is of all. */
static inline enum pv_status article_round(struct pv_article_files *files, int64_t now_ms,
                                           struct pv_article_result *all, struct pv_error *failure)
{
    const struct pv_snapshot_stamp stamp = {.generated_ms = now_ms, .committed_ms = now_ms};
    struct pv_article_result rest;
    enum pv_status status = pv_article_files_round(files, &stamp, now_ms, all, failure);
    enum pv_status finished =
        pv_article_files_finish(files, &rest, status == PV_OK ? failure : NULL);

    all->written += rest.written;
    all->bytes += rest.bytes;
    all->failed += rest.failed;
    return status == PV_OK ? finished : status;
}

#endif
