/* The file of all counters, articles.ndjson.gz: made and compared as a stream, so that it costs no
 * memory beside the counts. */
#ifndef DASHBOARD_EXPORT_ARCHIVE_FILE_H
#define DASHBOARD_EXPORT_ARCHIVE_FILE_H

#include "dashboard-export/publish.h"
#include "dashboard-export/snapshot.h"

/* Publishes `articles`, which is finished, unless the file there holds the same lines but for
 * the first one's generated_at. */
enum pv_status pv_archive_file_publish(const struct pv_directory *directory,
                                       const struct pv_snapshot_about *about,
                                       const struct pv_count_list *articles,
                                       struct pv_published *published,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
