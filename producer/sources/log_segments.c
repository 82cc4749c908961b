/* Finding a log's files again.
 *
 * All files of the log are opened, from the oldest to the newest (rotation.h). Each mark then
 * takes the file that holds it: best the one of the same device and inode, else any that begins
 * with the same bytes, which is where copytruncate or compression put it. Files newer than the
 * newest one found hold nothing that was read, so they are new: all but a copy of the live file,
 * which copytruncate leaves for a moment beside the file it copied.
 *
 * A mark in a file that was empty has no bytes to go by, and its inode may by now be another
 * file's. Such a file is new as well, even if it is older than files that were found: it may have
 * been rotated while it was empty, and its writer still has it open. Nor does an open file that was
 * empty tell what is newer: it may have been filled, copied and cut again between two looks. */
#include "producer/sources/log_segments.h"

#include <string.h>
#include <sys/stat.h>

#include "pageview/log.h"
#include "producer/sources/log_candidates.h"

enum { NOT_FOUND = PV_LOG_CANDIDATE_NONE };

/* 0: this is not the marked file. The more, the surer. */
static int likeness(const struct pv_segment *segment, const struct pv_segment_mark *mark)
{
    if (!pv_segment_matches(segment, mark))
        return 0;
    /* A copy may be shorter than what was read: more was written between copying and truncating. */
    return 1 + (int)pv_segment_is_file(segment, mark->device, mark->inode) +
           2 * (int)pv_segment_reaches(segment, mark->offset);
}

/* Among several that are as likely, the newest. */
static int find_mark(const struct pv_log_candidates *candidates, const struct pv_segment_mark *mark)
{
    int found = NOT_FOUND, best = 1;

    for (size_t i = 0; i < candidates->files.count; i++) {
        int like =
            candidates->uses[i] == PV_CANDIDATE_OPEN ? likeness(&candidates->opened[i], mark) : 0;

        if (like >= best) {
            best = like;
            found = (int)i;
        }
    }
    return found;
}

/* The file is known: it, and what is older, is not new. */
static void set_use(struct pv_log_candidates *candidates, int index, enum pv_candidate_use use)
{
    candidates->uses[index] = use;
    if (index > candidates->newest_known)
        candidates->newest_known = index;
}

/* The file becomes the newest segment, read from `offset`. */
static void take(struct pv_log_segments *segments, struct pv_log_candidates *candidates, int index,
                 int64_t offset)
{
    struct pv_segment *added = &segments->items[segments->count++];

    *added = candidates->opened[index];
    pv_segment_go_to(added, offset);
    segments->opened++;
    set_use(candidates, index, PV_CANDIDATE_CLOSED);
}

static void count_lost(struct pv_log_segments *segments, const char *log_path, uint64_t inode,
                       int64_t offset, const char *advice)
{
    segments->lost++;
    pv_log(PV_LOG_ERROR, "log_part_lost", PV_TEXT("log", log_path), PV_NUMBER("inode", inode),
           PV_NUMBER("offset", offset), PV_TEXT("advice", advice));
}

static void count_gone(struct pv_log_segments *segments, const struct pv_log_candidates *candidates,
                       const struct pv_segment_mark *mark)
{
    count_lost(segments, candidates->log_path, mark->inode, mark->offset,
               "the file that was being read is gone; keep rotated logs for longer");
}

/* True when the file is what copytruncate has made of the live one, which is not cut yet. */
static bool is_copy_of_live(const struct pv_log_candidates *candidates, size_t index)
{
    size_t newest = candidates->files.count - 1;

    return candidates->files.items[newest].is_live &&
           pv_segment_is_copy(&candidates->opened[index], &candidates->opened[newest]);
}

static bool has_empty_mark(const struct pv_log_position *position, const struct pv_segment *file)
{
    for (size_t i = 0; i < position->count; i++)
        if (position->marks[i].head_length == 0 &&
            pv_segment_is_file(file, position->marks[i].device, position->marks[i].inode))
            return true;
    return false;
}

static bool is_newest_rotated(const struct pv_log_candidates *candidates, size_t index)
{
    return index + 1 == candidates->files.count || candidates->files.items[index + 1].is_live;
}

/* Whether nothing of the file was read: it is newer than all that were found or, when none was, was
 * written to since all were known. */
static bool is_new(const struct pv_log_candidates *candidates, size_t index,
                   const struct pv_log_position *position)
{
    const struct pv_segment *file = &candidates->opened[index];
    bool is_written = pv_segment_modified_ms(file) >= position->known_ms;

    if (candidates->files.items[index].is_live)
        return true;
    if (is_copy_of_live(candidates, index))
        return false;
    if (has_empty_mark(position, file) && (is_written || file->head_length == 0))
        return true;
    if (file->head_length == 0 && !is_newest_rotated(candidates, index))
        return false; /* and if it gets something after all, it is new then */
    return candidates->newest_known == NOT_FOUND ? is_written
                                                 : (int)index > candidates->newest_known;
}

/* Takes the files that hold a mark, and the new ones, until there are `limit` segments. */
static void take_all(struct pv_log_segments *segments, struct pv_log_candidates *candidates,
                     const struct pv_log_position *position, size_t limit)
{
    /* Decided first, since each one taken changes what is newer. */
    for (size_t i = 0; i < candidates->files.count; i++)
        if (candidates->uses[i] == PV_CANDIDATE_OPEN && !is_new(candidates, i, position)) {
            pv_segment_close(&candidates->opened[i]);
            candidates->uses[i] = PV_CANDIDATE_CLOSED;
        }
    for (size_t i = 0; i < candidates->files.count; i++) {
        if (candidates->uses[i] == PV_CANDIDATE_CLOSED || segments->count >= limit)
            continue;
        if (candidates->uses[i] == PV_CANDIDATE_OPEN)
            pv_log(PV_LOG_INFO, "log_file_found", PV_TEXT("path", candidates->files.items[i].path));
        take(segments, candidates, (int)i, candidates->opened[i].offset);
    }
}

static bool are_found(const struct pv_log_candidates *candidates,
                      const struct pv_log_position *position)
{
    for (size_t i = 0; i < position->count; i++)
        if (position->marks[i].head_length > 0 &&
            find_mark(candidates, &position->marks[i]) == NOT_FOUND)
            return false;
    return true;
}

/* A file can be missed while a rotation renames it, so look again before it is called lost. */
static enum pv_status open_marked(struct pv_log_candidates *candidates, const char *path,
                                  const struct pv_log_position *position, struct pv_error *error)
{
    enum { TRIES = 3 };
    enum pv_status status = pv_log_candidates_open(candidates, path, error);

    for (int i = 1; i < TRIES && status == PV_OK && !are_found(candidates, position); i++) {
        pv_log_candidates_close(candidates);
        status = pv_log_candidates_open(candidates, path, error);
    }
    return status;
}

static void place_mark(struct pv_log_segments *segments, struct pv_log_candidates *candidates,
                       const struct pv_segment_mark *mark)
{
    int index = find_mark(candidates, mark);

    if (index == NOT_FOUND) {
        count_gone(segments, candidates, mark);
        return;
    }
    pv_segment_go_to(&candidates->opened[index], mark->offset);
    set_use(candidates, index, PV_CANDIDATE_MARKED);
}

enum pv_status pv_log_segments_resume(struct pv_log_segments *segments, const char *path,
                                      const struct pv_log_position *position,
                                      struct pv_error *error)
{
    struct pv_log_candidates candidates;
    enum pv_status status = open_marked(&candidates, path, position, error);

    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < position->count; i++)
        if (position->marks[i].head_length > 0)
            place_mark(segments, &candidates, &position->marks[i]);
    take_all(segments, &candidates, position, PV_LOG_SEGMENTS_MAX);
    pv_log_candidates_close(&candidates);
    return PV_OK;
}

static int find_file(const struct pv_log_candidates *candidates, const struct pv_segment *segment)
{
    for (size_t i = 0; i < candidates->files.count; i++)
        if (candidates->uses[i] == PV_CANDIDATE_OPEN &&
            pv_segment_is_file(&candidates->opened[i], segment->device, segment->inode))
            return (int)i;
    return NOT_FOUND;
}

/* The newest copy of an open file that was made when it was short. */
static int find_short_copy(const struct pv_log_candidates *candidates,
                           const struct pv_segment *segment)
{
    int found = NOT_FOUND;

    for (size_t i = 0; i < candidates->files.count; i++)
        if (candidates->uses[i] == PV_CANDIDATE_OPEN &&
            pv_segment_is_copy(&candidates->opened[i], segment))
            found = (int)i;
    return found;
}

/* An open file was cut: its rest is in a copy. */
static void find_again(struct pv_log_segments *segments, struct pv_log_candidates *candidates,
                       struct pv_segment *segment)
{
    struct pv_segment_mark mark = pv_segment_mark_of(segment);
    int index = find_mark(candidates, &mark);

    if (index == NOT_FOUND)
        index = find_short_copy(candidates, segment);
    pv_segment_close(segment);
    if (index != NOT_FOUND)
        take(segments, candidates, index, mark.offset);
    else
        count_gone(segments, candidates, &mark);
}

/* Which candidate an open, intact segment is, so that it is not taken for a new file. One that was
 * compressed or replaced since is known by its first bytes. True when it is the live one. */
static bool match_open(struct pv_log_segments *segments, struct pv_log_candidates *candidates,
                       struct pv_segment *segment)
{
    struct pv_segment_mark mark = pv_segment_mark_of(segment);
    int index = find_file(candidates, segment);
    bool is_same = index != NOT_FOUND, is_live,
         was_empty = segment->has_begun || mark.head_length == 0;

    if (!is_same)
        index = find_mark(candidates, &mark);
    if (index == NOT_FOUND)
        return false; /* deleted, or given a name that is none of rotation's */
    is_live = candidates->files.items[index].is_live;
    if (is_same || !is_live) {
        pv_segment_close(&candidates->opened[index]); /* late lines come to the one that is open */
    } else {
        pv_segment_close(segment); /* replaced by a copy of itself: that one grows */
        *segment = candidates->opened[index];
        pv_segment_go_to(segment, mark.offset);
        segments->opened++;
    }
    candidates->uses[index] = PV_CANDIDATE_CLOSED;
    if (was_empty) {
        segment->has_begun = false;
        segment->modified_ms = pv_segment_modified_ms(segment);
    } else {
        set_use(candidates, index, PV_CANDIDATE_CLOSED);
    }
    return is_live;
}

enum pv_status pv_log_segments_refresh(struct pv_log_segments *segments, const char *path,
                                       int64_t known_ms, struct pv_error *error)
{
    const struct pv_log_position nothing_marked = {.known_ms = known_ms};
    struct pv_log_segments before = *segments;
    struct pv_segment *live = NULL; /* stays the newest, whatever was renamed to what */
    struct pv_log_candidates candidates;
    enum pv_status status = pv_log_candidates_open(&candidates, path, error);

    if (status != PV_OK)
        return status;
    segments->count = 0;
    for (size_t i = 0; i < before.count; i++) {
        struct pv_segment *segment = &before.items[i];

        if (!pv_segment_is_intact(segment))
            find_again(segments, &candidates, segment);
        else if (match_open(segments, &candidates, segment))
            live = segment;
        else
            segments->items[segments->count++] = *segment;
    }
    take_all(segments, &candidates, &nothing_marked,
             live != NULL ? PV_LOG_SEGMENTS_MAX - 1 : PV_LOG_SEGMENTS_MAX);
    if (live != NULL)
        segments->items[segments->count++] = *live;
    pv_log_candidates_close(&candidates);
    return PV_OK;
}

void pv_log_segments_give_up(struct pv_log_segments *segments, size_t index, const char *path)
{
    struct pv_segment *segment = &segments->items[index];

    segment->is_damaged = true;
    count_lost(segments, path, segment->inode, segment->read_offset,
               "the compressed file is damaged: what is behind this offset cannot be read");
}

static bool has_live_file(const struct pv_log_segments *segments, const struct stat *live)
{
    return segments->count > 0 &&
           pv_segment_is_file(&segments->items[segments->count - 1], (uint64_t)live->st_dev,
                              (uint64_t)live->st_ino);
}

bool pv_log_segments_changed(struct pv_log_segments *segments, const char *path)
{
    struct stat live;

    for (size_t i = 0; i < segments->count; i++)
        if (!pv_segment_is_intact(&segments->items[i]) || segments->items[i].has_begun)
            return true;
    /* Between rename and create there is nothing to take up. */
    return stat(path, &live) == 0 && !has_live_file(segments, &live);
}

bool pv_log_segments_are_all(const struct pv_log_segments *segments, const char *path)
{
    struct stat live;

    return stat(path, &live) == 0 && has_live_file(segments, &live);
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
