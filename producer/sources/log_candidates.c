#include "producer/sources/log_candidates.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pageview/log.h"

void pv_log_candidates_close(struct pv_log_candidates *candidates)
{
    for (size_t i = 0; i < candidates->files.count; i++)
        if (candidates->uses[i] != PV_CANDIDATE_CLOSED)
            pv_segment_close(&candidates->opened[i]);
    free(candidates->opened);
    free(candidates->uses);
    pv_log_files_clean_up(&candidates->files);
}

static void open_each(struct pv_log_candidates *candidates)
{
    for (size_t i = 0; i < candidates->files.count; i++) {
        const char *path = candidates->files.items[i].path;
        struct pv_error why;

        if (pv_segment_open(path, &candidates->opened[i], &why) == PV_OK)
            candidates->uses[i] = PV_CANDIDATE_OPEN;
        else if (access(path, F_OK) == 0)
            pv_log(PV_LOG_WARN, "log_unreadable", PV_TEXT("error", why.text),
                   PV_TEXT("advice", "let this user read the log and its rotated files"));
    }
}

static enum pv_status list_and_open(struct pv_log_candidates *candidates, const char *path,
                                    struct pv_error *error)
{
    struct pv_log_files files;
    enum pv_status status = pv_log_files_list(path, &files, error);

    if (status != PV_OK)
        return status;
    *candidates = (struct pv_log_candidates){
        .log_path = path,
        .files = files,
        .opened = calloc(files.count + 1, sizeof *candidates->opened),
        .uses = calloc(files.count + 1, sizeof *candidates->uses),
        .newest_known = PV_LOG_CANDIDATE_NONE,
    };
    if (candidates->opened == NULL || candidates->uses == NULL) {
        pv_log_files_clean_up(&candidates->files);
        pv_log_candidates_close(candidates);
        return pv_error_nomem(error, "the list of log files");
    }
    open_each(candidates);
    return PV_OK;
}

/* True when the names still lead to what was opened, and there are no others. */
static bool are_as_listed(const struct pv_log_candidates *candidates,
                          const struct pv_log_files *now)
{
    struct stat info;

    if (now->count != candidates->files.count)
        return false;
    for (size_t i = 0; i < now->count; i++) {
        const char *path = now->items[i].path;

        if (strcmp(path, candidates->files.items[i].path) != 0 || stat(path, &info) != 0)
            return false;
        if (candidates->uses[i] == PV_CANDIDATE_OPEN &&
            !pv_segment_is_file(&candidates->opened[i], (uint64_t)info.st_dev,
                                (uint64_t)info.st_ino))
            return false;
    }
    return true;
}

/* A rotation or a compression between listing and opening hides a file. It would be passed over for
 * good, since newer ones are found: so all is listed again, until nothing has moved meanwhile. */
enum pv_status pv_log_candidates_open(struct pv_log_candidates *candidates, const char *path,
                                      struct pv_error *error)
{
    enum { TRIES = 20 };

    for (int i = 1;; i++) {
        struct pv_log_files now;
        enum pv_status status = list_and_open(candidates, path, error);
        bool is_steady;

        if (status != PV_OK)
            return status;
        status = pv_log_files_list(path, &now, error);
        is_steady = status == PV_OK && are_as_listed(candidates, &now);
        pv_log_files_clean_up(&now);
        if (is_steady || (status == PV_OK && i == TRIES))
            return PV_OK;
        pv_log_candidates_close(candidates);
        if (status != PV_OK)
            return status;
    }
}
