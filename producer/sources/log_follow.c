#include "producer/sources/log_follow.h"

#include <stdlib.h>
#include <string.h>

#include "producer/sources/log_segments.h"

struct pv_log {
    char *path;
    int64_t rotate_wait_ms;
    const struct pv_clock *clock;
    struct pv_log_segments segments;
    size_t current;             /* the segment that is being read */
    int64_t known_ms;           /* all files that nobody wrote to since are known */
    struct pv_line_chunk chunk; /* of the current segment */
};

enum pv_status pv_log_new(const char *path, int64_t rotate_wait_ms, const struct pv_clock *clock,
                          struct pv_log **log, struct pv_error *error)
{
    struct pv_log *made = calloc(1, sizeof *made);

    if (made != NULL)
        made->path = strdup(path);
    if (made == NULL || made->path == NULL) {
        free(made);
        return pv_error_nomem(error, path);
    }
    made->rotate_wait_ms = rotate_wait_ms;
    made->clock = clock;
    *log = made;
    return PV_OK;
}

void pv_log_destroy(struct pv_log *log)
{
    if (log == NULL)
        return;
    pv_log_segments_clean_up(&log->segments);
    free(log->path);
    free(log);
}

static struct pv_segment *current_segment(struct pv_log *log)
{
    return &log->segments.items[log->current];
}

/* Now, but for what the kernel's stamps on files may be late. */
static int64_t recently_ms(const struct pv_log *log)
{
    enum { STAMP_GRAIN_MS = 20 };

    return pv_clock_now_ms(log->clock) - STAMP_GRAIN_MS;
}

/* Offset behind the last line feed of the file from `offset` on; 0 when there is none. */
static int64_t end_of_lines_from(struct pv_log *log, struct pv_segment *segment, int64_t offset)
{
    int64_t end = 0, got;

    pv_segment_go_to(segment, offset);
    while ((got = pv_segment_read(segment, log->chunk.data, sizeof log->chunk.data)) > 0)
        for (int64_t i = 0; i < got; i++)
            if (log->chunk.data[i] == '\n')
                end = segment->read_offset - got + i + 1;
    return end;
}

/* So that a half line is not cut in two. A compressed file is read from its start. */
static int64_t end_of_whole_lines(struct pv_log *log, struct pv_segment *segment)
{
    int64_t size = pv_segment_unread_bytes(segment), tail = sizeof log->chunk.data, end = 0;

    for (; end == 0 && tail < size; tail *= 2)
        end = end_of_lines_from(log, segment, size - tail);
    return end > 0 ? end : end_of_lines_from(log, segment, 0);
}

enum pv_status pv_log_start(struct pv_log *log, const struct pv_log_position *position,
                            bool from_end, struct pv_error *error)
{
    enum pv_status status;

    pv_log_segments_clean_up(&log->segments);
    log->current = 0;
    pv_line_chunk_empty(&log->chunk);
    log->known_ms = position != NULL ? position->known_ms : recently_ms(log);
    if (position != NULL)
        return pv_log_segments_resume(&log->segments, log->path, position, error);
    if (!pv_log_segments_changed(&log->segments, log->path))
        return PV_OK; /* it does not exist yet */
    status = pv_log_segments_refresh(&log->segments, log->path, INT64_MAX, error);
    if (status != PV_OK)
        return status;
    if (from_end && log->segments.count == 1)
        pv_segment_go_to(&log->segments.items[0], end_of_whole_lines(log, &log->segments.items[0]));
    return PV_OK;
}

/* Reads behind what is left. 0 at the end for now, -1 on an error; when the file turns out to have
 * been truncated, what was read is void, and it is 0 as well. */
static int64_t fill(struct pv_log *log)
{
    struct pv_segment *segment = current_segment(log);
    size_t room;
    char *end = pv_line_chunk_room(&log->chunk, &room);
    int64_t got = pv_segment_read(segment, end, room);

    if (got > 0 && pv_segment_is_intact(segment)) {
        pv_line_chunk_added(&log->chunk, (size_t)got);
        return got;
    }
    if (got > 0)
        segment->read_offset -= got;
    if (got < 0 && segment->gz != NULL) {
        pv_log_segments_give_up(&log->segments, log->current, log->path);
        return 0;
    }
    return got < 0 ? got : 0;
}

/* A line was taken: it is behind the position unless it is the first pieces of a long one. */
static void move_offset(struct pv_log *log, const struct pv_line *line)
{
    struct pv_segment *segment = current_segment(log);

    if (line->kind != PV_LINE_PIECE)
        segment->offset = segment->read_offset - (int64_t)pv_line_chunk_rest(&log->chunk);
}

/* A line, or a piece of a long one, from what was read already. */
static bool take_buffered(struct pv_log *log, struct pv_line *line)
{
    if (!pv_line_chunk_take(&log->chunk, &current_segment(log)->in_long_line, line))
        return false;
    move_offset(log, line);
    return true;
}

/* True when a position without the oldest file still tells that all in it was read: a newer file
 * that is known by its bytes is there, or the whole log was known after it was last written to. */
static bool may_forget_oldest(const struct pv_log *log)
{
    const struct pv_segment *items = log->segments.items;

    for (size_t i = 1; i < log->segments.count; i++)
        if (items[i].head_length > 0 && !items[i].has_begun)
            return true;
    return pv_segment_modified_ms(&items[0]) < log->known_ms;
}

/* Nobody will write to it again: it is not the newest and has been quiet for long enough, and if a
 * web server may still have it open, so since its successor was seen. Files that are not empty go
 * in their order: a position with the first, but not the second, would have that read again. */
static bool is_finished(struct pv_log *log)
{
    struct pv_segment *segment = current_segment(log);
    int64_t now_ms = pv_clock_now_ms(log->clock), quiet_since_ms = pv_segment_modified_ms(segment);

    if (log->current + 1 == log->segments.count || !pv_segment_is_intact(segment))
        return false;
    if (segment->rotated_ms == 0)
        segment->rotated_ms = now_ms;
    if (segment->head_length > 0 && (log->current > 0 || !may_forget_oldest(log)))
        return false;
    if (log->current + 2 == log->segments.count && segment->rotated_ms > quiet_since_ms)
        quiet_since_ms = segment->rotated_ms;
    return segment->gz != NULL || now_ms - quiet_since_ms >= log->rotate_wait_ms;
}

/* The current segment has nothing more for now. True when its unfinished last line is handed out
 * because nothing will finish it. */
static bool leave_segment(struct pv_log *log, struct pv_line *line)
{
    struct pv_segment *segment = current_segment(log);

    if (is_finished(log)) {
        if (pv_line_chunk_rest(&log->chunk) > 0 || segment->in_long_line) {
            pv_line_chunk_take_rest(&log->chunk, &segment->in_long_line, line);
            move_offset(log, line);
            return true;
        }
        pv_log_segments_remove(&log->segments, log->current);
    } else {
        /* The half line is read again when there is more of it. */
        segment->read_offset -= (int64_t)pv_line_chunk_rest(&log->chunk);
        log->current++;
    }
    pv_line_chunk_empty(&log->chunk);
    return false;
}

/* Takes up what rotation did. `*more` when there is something to read since. */
static enum pv_status look_around(struct pv_log *log, bool *more, struct pv_error *error)
{
    int64_t now_ms = recently_ms(log), opened = log->segments.opened;
    enum pv_status status;

    *more = false;
    if (!pv_log_segments_changed(&log->segments, log->path)) {
        if (pv_log_segments_are_all(&log->segments, log->path))
            log->known_ms = now_ms;
        return PV_OK;
    }
    status = pv_log_segments_refresh(&log->segments, log->path, log->known_ms, error);
    *more = log->segments.opened > opened; /* else a file that cannot be opened has us turn here */
    return status;
}

/* The next line of the open segments. */
static enum pv_status next_open(struct pv_log *log, struct pv_line *line, bool *found,
                                struct pv_error *error)
{
    *found = true;
    while (log->current < log->segments.count) {
        int64_t got;

        if (take_buffered(log, line))
            return PV_OK;
        got = fill(log);
        if (got < 0)
            return pv_error_set(error, PV_IO, "%s: cannot read it", log->path);
        if (got == 0 && leave_segment(log, line))
            return PV_OK;
    }
    log->current = 0;
    *found = false;
    return PV_OK;
}

enum pv_status pv_log_next(struct pv_log *log, struct pv_line *line, bool *found,
                           struct pv_error *error)
{
    bool more = true;
    enum pv_status status;

    do {
        status = next_open(log, line, found, error);
        if (status != PV_OK || *found)
            return status;
        status = look_around(log, &more, error);
    } while (status == PV_OK && more);
    return status;
}

void pv_log_position(const struct pv_log *log, struct pv_log_position *position)
{
    position->known_ms = log->known_ms;
    position->count = log->segments.count;
    for (size_t i = 0; i < log->segments.count; i++)
        position->marks[i] = pv_segment_mark_of(&log->segments.items[i]);
}

int64_t pv_log_lost_segments(const struct pv_log *log)
{
    return log->segments.lost;
}

int64_t pv_log_unread_bytes(const struct pv_log *log)
{
    int64_t unread = 0;

    for (size_t i = 0; i < log->segments.count; i++)
        unread += pv_segment_unread_bytes(&log->segments.items[i]);
    return unread;
}
