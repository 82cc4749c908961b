/* Finding a log's files again.
 *
 * All files of the log are opened, from the oldest to the newest (rotation.h). Each mark then
 * takes the file that holds it: best the one of the same device and inode, else any that begins
 * with the same bytes, which is where copytruncate or compression put it. Files newer than the
 * newest one found hold nothing that was read, so they are new: all but copies of a file that is
 * being read, which copytruncate leaves for a moment beside the file it copied. */
#include "producer/sources/log_segments.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pageview/log.h"
#include "producer/sources/rotation.h"

enum { NOT_FOUND = -1 };

/* The log's files, opened; those that become segments are taken out. */
struct candidates {
    struct pv_log_files files;
    struct pv_segment *opened; /* one a file */
    bool *available;           /* opened, and not taken */
    int newest_taken;          /* index, NOT_FOUND before the first */
};

static void close_candidates(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->files.count; i++)
        if (candidates->available[i])
            pv_segment_close(&candidates->opened[i]);
    free(candidates->opened);
    free(candidates->available);
    pv_log_files_clean_up(&candidates->files);
}

static enum pv_status open_candidates(struct candidates *candidates, const char *path,
                                      struct pv_error *error)
{
    enum pv_status status = pv_log_files_list(path, &candidates->files, error);

    *candidates = (struct candidates){.files = candidates->files, .newest_taken = NOT_FOUND};
    if (status != PV_OK)
        return status;
    candidates->opened = calloc(candidates->files.count + 1, sizeof *candidates->opened);
    candidates->available = calloc(candidates->files.count + 1, sizeof *candidates->available);
    if (candidates->opened == NULL || candidates->available == NULL) {
        pv_log_files_clean_up(&candidates->files);
        close_candidates(candidates);
        return pv_error_nomem(error, "the list of log files");
    }
    for (size_t i = 0; i < candidates->files.count; i++) {
        struct pv_error why;

        candidates->available[i] = pv_segment_open(candidates->files.items[i].path,
                                                   &candidates->opened[i], &why) == PV_OK;
        if (!candidates->available[i])
            pv_log(PV_LOG_WARN, "log_unreadable", PV_TEXT("error", why.text),
                   PV_TEXT("advice", "let this user read the log and its rotated files"));
    }
    return PV_OK;
}

static bool is_same_file(const struct pv_segment *segment, uint64_t device, uint64_t inode)
{
    return segment->device == device && segment->inode == inode;
}

static int find_mark(const struct candidates *candidates, const struct pv_segment_mark *mark)
{
    int found = NOT_FOUND;

    for (size_t i = 0; i < candidates->files.count; i++) {
        const struct pv_segment *segment = &candidates->opened[i];

        if (!candidates->available[i] || !pv_segment_matches(segment, mark))
            continue;
        if (is_same_file(segment, mark->device, mark->inode))
            return (int)i;
        found = (int)i;
    }
    return found;
}

static void append(struct pv_log_segments *segments, const struct pv_segment *segment,
                   int64_t offset)
{
    struct pv_segment *added = &segments->items[segments->count++];

    *added = *segment;
    pv_segment_go_to(added, offset);
}

static void take(struct pv_log_segments *segments, struct candidates *candidates, int index,
                 int64_t offset)
{
    append(segments, &candidates->opened[index], offset);
    candidates->available[index] = false;
    if (index > candidates->newest_taken)
        candidates->newest_taken = index;
}

static void find_again(struct pv_log_segments *segments, struct candidates *candidates,
                       const struct pv_segment_mark *mark)
{
    int index = find_mark(candidates, mark);

    if (index != NOT_FOUND) {
        take(segments, candidates, index, mark->offset);
        return;
    }
    segments->lost++;
    pv_log(PV_LOG_ERROR, "log_part_lost", PV_NUMBER("inode", mark->inode),
           PV_NUMBER("offset", mark->offset),
           PV_TEXT("advice", "the file that was being read is gone; keep rotated logs for longer"));
}

static bool is_copy_of_any(const struct pv_log_segments *segments, const struct pv_segment *file)
{
    for (size_t i = 0; i < segments->count; i++)
        if (pv_segment_is_copy(&segments->items[i], file))
            return true;
    return false;
}

/* Adds the files that are newer than all that were found. Without any, those that were written
 * to after `written_ms`, and in any case the live one. */
static void take_newer(struct pv_log_segments *segments, struct candidates *candidates,
                       int64_t written_ms)
{
    bool any_found = candidates->newest_taken != NOT_FOUND;
    size_t first = any_found ? (size_t)candidates->newest_taken + 1 : 0;

    for (size_t i = first; i < candidates->files.count; i++) {
        const struct pv_segment *file = &candidates->opened[i];
        bool is_live = candidates->files.items[i].is_live;

        if (!candidates->available[i] || segments->count == PV_LOG_SEGMENTS_MAX)
            continue;
        if (!is_live && (is_copy_of_any(segments, file) ||
                         (!any_found && pv_segment_modified_ms(file) <= written_ms)))
            continue;
        pv_log(PV_LOG_INFO, "log_file_found", PV_TEXT("path", candidates->files.items[i].path));
        take(segments, candidates, (int)i, 0);
    }
}

enum pv_status pv_log_segments_resume(struct pv_log_segments *segments, const char *path,
                                      const struct pv_log_position *position,
                                      struct pv_error *error)
{
    struct candidates candidates;
    enum pv_status status = open_candidates(&candidates, path, error);

    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < position->count; i++)
        find_again(segments, &candidates, &position->marks[i]);
    take_newer(segments, &candidates, position->written_ms);
    close_candidates(&candidates);
    return PV_OK;
}

/* The candidate that is the same file as an open segment is that segment. */
static void match_open(struct candidates *candidates, const struct pv_segment *segment)
{
    for (size_t i = 0; i < candidates->files.count; i++) {
        if (!candidates->available[i] ||
            !is_same_file(&candidates->opened[i], segment->device, segment->inode))
            continue;
        pv_segment_close(&candidates->opened[i]);
        candidates->available[i] = false;
        if ((int)i > candidates->newest_taken)
            candidates->newest_taken = (int)i;
    }
}

enum pv_status pv_log_segments_refresh(struct pv_log_segments *segments, const char *path,
                                       struct pv_error *error)
{
    struct pv_log_segments before = *segments;
    struct candidates candidates;
    enum pv_status status = open_candidates(&candidates, path, error);

    if (status != PV_OK)
        return status;
    segments->count = 0;
    for (size_t i = 0; i < before.count; i++) {
        struct pv_segment *segment = &before.items[i];

        if (pv_segment_is_intact(segment)) {
            match_open(&candidates, segment);
            segments->items[segments->count++] = *segment;
        } else {
            struct pv_segment_mark mark = pv_segment_mark_of(segment);

            pv_segment_close(segment);
            find_again(segments, &candidates, &mark);
        }
    }
    take_newer(segments, &candidates, INT64_MAX);
    close_candidates(&candidates);
    return PV_OK;
}

bool pv_log_segments_changed(struct pv_log_segments *segments, const char *path)
{
    struct stat info;

    for (size_t i = 0; i < segments->count; i++)
        if (!pv_segment_is_intact(&segments->items[i]))
            return true;
    if (stat(path, &info) != 0)
        return false; /* between rename and create */
    return segments->count == 0 ||
           !is_same_file(&segments->items[segments->count - 1], (uint64_t)info.st_dev,
                         (uint64_t)info.st_ino);
}

void pv_log_segments_remove(struct pv_log_segments *segments, size_t index)
{
    pv_segment_close(&segments->items[index]);
    segments->count--;
    memmove(&segments->items[index], &segments->items[index + 1],
            (segments->count - index) * sizeof segments->items[0]);
}

void pv_log_segments_clean_up(struct pv_log_segments *segments)
{
    while (segments->count > 0)
        pv_log_segments_remove(segments, segments->count - 1);
}
