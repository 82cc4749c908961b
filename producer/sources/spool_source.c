#include "producer/sources/spool_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pageview/log.h"
#include "pageview/spool.h"
#include "producer/sources/line_chunk.h"
#include "producer/sources/position_text.h"

struct spool_source {
    char *directory;
    int directory_fd, lock_fd;
    int fd;                   /* of the segment that is being read; -1: none */
    pv_spool_segment segment; /* 0: none yet */
    int64_t offset;           /* behind the last whole line that was taken */
    int64_t read_offset;      /* behind the last byte in the chunk */
    int64_t settled;          /* what is below it is there for good */
    bool is_closed;           /* nobody appends to the segment any more */
    bool in_long_line;
    int64_t lost;
    struct pv_line_chunk chunk;
};

struct spool_position {
    pv_spool_segment segment;
    int64_t offset;
};

static bool parse_position(const char *text, struct spool_position *position)
{
    static const char front[] = "spool1;";
    uint64_t offset;

    if (strncmp(text, front, sizeof front - 1) != 0)
        return false;
    text += sizeof front - 1;
    if (!pv_position_number(&text, 10, UINT64_MAX, &position->segment) || *text++ != ';' ||
        !pv_position_number(&text, 10, INT64_MAX, &offset))
        return false;
    position->offset = (int64_t)offset;
    return *text == '\0';
}

static bool is_position(const char *text)
{
    struct spool_position position;

    return parse_position(text, &position);
}

static void tell_position(const void *self, char text[PV_POSITION_TEXT_SIZE], int64_t *offset)
{
    const struct spool_source *source = self;

    snprintf(text, PV_POSITION_TEXT_SIZE, "spool1;%" PRIu64 ";%" PRId64, source->segment,
             source->offset);
    *offset = source->offset;
}

static void leave_segment(struct spool_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    source->offset = source->read_offset = source->settled = 0;
    source->is_closed = source->in_long_line = false;
    pv_line_chunk_empty(&source->chunk);
}

/* Opens a segment at `offset`; `*found` is false when it is not there. */
static enum pv_status open_segment(struct spool_source *source, pv_spool_segment segment,
                                   int64_t offset, bool *found, struct pv_error *error)
{
    char name[PV_SPOOL_NAME_SIZE];

    leave_segment(source);
    source->segment = segment;
    source->offset = source->read_offset = offset;
    pv_spool_segment_name(segment, name);
    source->fd = openat(source->directory_fd, name, O_RDONLY | O_CLOEXEC);
    *found = source->fd >= 0;
    if (source->fd < 0 && errno != ENOENT)
        return pv_error_set(error, PV_IO, "%s/%s: cannot read it: %s", source->directory, name,
                            strerror(errno));
    return PV_OK;
}

static void count_lost(struct spool_source *source, const char *why)
{
    source->lost++;
    pv_log(PV_LOG_ERROR, "spool_part_lost", PV_TEXT("spool", source->directory),
           PV_NUMBER("segment", (int64_t)source->segment), PV_NUMBER("offset", source->offset),
           PV_TEXT("why", why));
}

/* Begins with the oldest segment there is. */
static enum pv_status open_oldest(struct spool_source *source, bool *found, struct pv_error *error)
{
    struct pv_spool_range range;
    enum pv_status status = pv_spool_look(source->directory_fd, &range, error);

    *found = false;
    if (status != PV_OK || range.oldest == 0)
        return status;
    return open_segment(source, range.oldest, 0, found, error);
}

static enum pv_status start(void *self, const char *text, bool from_end, struct pv_error *error)
{
    struct spool_source *source = self;
    struct spool_position position;
    struct stat info;
    bool found;
    enum pv_status status;

    (void)from_end; /* what was accepted is shipped */
    leave_segment(source);
    source->segment = 0;
    if (text == NULL || !parse_position(text, &position) || position.segment == 0)
        return open_oldest(source, &found, error);
    status = open_segment(source, position.segment, position.offset, &found, error);
    if (status != PV_OK)
        return status;
    if (!found) {
        count_lost(source, "somebody removed this segment");
        source->segment = 0;
        return open_oldest(source, &found, error);
    }
    if (fstat(source->fd, &info) == 0 && info.st_size < position.offset) {
        count_lost(source, "the segment is shorter than what was read of it");
        source->offset = source->read_offset = info.st_size;
    }
    return PV_OK;
}

/* A line was taken: it is behind the position unless it is the first pieces of a long one. */
static void move_offset(struct spool_source *source, const struct pv_line *line)
{
    if (line->kind != PV_LINE_PIECE)
        source->offset = source->read_offset - (int64_t)pv_line_chunk_rest(&source->chunk);
}

/* Reads behind what is there; 0 at the end for now, -1 on an error. What is not settled may be
 * taken back by a writer or by a crash of the machine, and a position in Kafka must never be ahead
 * of it. */
static ssize_t fill(struct spool_source *source)
{
    size_t room;
    char *end;
    ssize_t got;

    if (source->read_offset >= source->settled && !pv_spool_settle(source->fd, &source->settled))
        return -1;
    if (source->read_offset >= source->settled)
        return 0;
    end = pv_line_chunk_room(&source->chunk, &room);
    if ((int64_t)room > source->settled - source->read_offset)
        room = (size_t)(source->settled - source->read_offset);
    do
        got = pread(source->fd, end, room, source->read_offset);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        pv_line_chunk_added(&source->chunk, (size_t)got);
        source->read_offset += got;
    }
    return got;
}

static bool has_successor(const struct spool_source *source)
{
    char name[PV_SPOOL_NAME_SIZE];

    pv_spool_segment_name(source->segment + 1, name);
    return faccessat(source->directory_fd, name, F_OK, 0) == 0;
}

/* The segment has nothing more for now. True when there is more to do: a successor shows that
 * nobody appends to it any more, so it is read to its end once again, and then left. */
static enum pv_status at_end(struct spool_source *source, struct pv_line *line, bool *found,
                             bool *go_on, struct pv_error *error)
{
    bool opened;

    *found = false;
    *go_on = true;
    if (!source->is_closed) {
        source->is_closed = *go_on = has_successor(source);
        return PV_OK;
    }
    if (pv_line_chunk_rest(&source->chunk) > 0 || source->in_long_line) {
        pv_line_chunk_take_rest(&source->chunk, &source->in_long_line, line); /* torn for good */
        move_offset(source, line);
        *found = true;
        return PV_OK;
    }
    return open_segment(source, source->segment + 1, 0, &opened, error);
}

static enum pv_status next(void *self, struct pv_line *line, bool *found, struct pv_error *error)
{
    struct spool_source *source = self;
    enum pv_status status = PV_OK;
    bool go_on = true;

    *found = false;
    if (source->fd < 0) {
        status = open_oldest(source, &go_on, error);
        if (status != PV_OK || !go_on)
            return status;
    }
    while (status == PV_OK && go_on && !*found) {
        ssize_t got;

        *found = pv_line_chunk_take(&source->chunk, &source->in_long_line, line);
        if (*found) {
            move_offset(source, line);
            break;
        }
        got = fill(source);
        if (got < 0)
            return pv_error_set(error, PV_IO, "%s: cannot read segment %" PRIu64 ": %s",
                                source->directory, source->segment, strerror(errno));
        if (got == 0)
            status = at_end(source, line, found, &go_on, error);
    }
    return status;
}

static void remove_segment(struct spool_source *source, pv_spool_segment segment)
{
    char name[PV_SPOOL_NAME_SIZE];
    struct pv_error error;
    struct stat info;
    enum pv_status status;

    pv_spool_segment_name(segment, name);
    if (fstatat(source->directory_fd, name, &info, 0) != 0)
        return;
    status = pv_spool_remove(source->directory_fd, segment, info.st_size, &error);
    if (status != PV_OK && status != PV_UNAVAILABLE)
        pv_log(PV_LOG_WARN, "spool_not_removed", PV_TEXT("spool", source->directory),
               PV_TEXT("error", error.text));
}

/* Segments before the position are shipped. What cannot be removed now is tried again. */
static void on_committed(void *self, const char *text)
{
    struct spool_source *source = self;
    struct spool_position position;
    struct pv_spool_range range;
    struct pv_error ignored;

    if (!parse_position(text, &position) ||
        pv_spool_look(source->directory_fd, &range, &ignored) != PV_OK || range.oldest == 0)
        return;
    for (pv_spool_segment segment = range.oldest; segment < position.segment; segment++)
        remove_segment(source, segment);
}

static int64_t lost(const void *self)
{
    return ((const struct spool_source *)self)->lost;
}

static int64_t unread(const void *self)
{
    const struct spool_source *source = self;
    struct pv_spool_range range;
    struct pv_error ignored;
    int64_t bytes = -source->offset;

    if (pv_spool_look(source->directory_fd, &range, &ignored) != PV_OK || range.newest == 0)
        return 0;
    for (pv_spool_segment segment = source->segment; segment <= range.newest; segment++) {
        char name[PV_SPOOL_NAME_SIZE];
        struct stat info;

        pv_spool_segment_name(segment, name);
        if (fstatat(source->directory_fd, name, &info, 0) == 0)
            bytes += info.st_size;
    }
    return bytes > 0 ? bytes : 0;
}

static void destroy(void *self)
{
    struct spool_source *source = self;

    leave_segment(source);
    if (source->lock_fd >= 0)
        close(source->lock_fd);
    if (source->directory_fd >= 0)
        close(source->directory_fd);
    free(source->directory);
    free(source);
}

static enum pv_status lock(struct spool_source *source, struct pv_error *error)
{
    source->lock_fd =
        openat(source->directory_fd, "shipper.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (source->lock_fd < 0)
        return pv_error_set(error, PV_INVALID, "--spool=%s: cannot write there: %s",
                            source->directory, strerror(errno));
    if (flock(source->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return pv_error_set(error, PV_INVALID,
                            "--spool=%s: another pv-producer ships this spool: give each its own",
                            source->directory);
    return PV_OK;
}

/* The lock file has the spool's name for life; it is written under its own lock. */
static enum pv_status read_id(struct spool_source *source, char id[PV_SPOOL_ID_SIZE],
                              struct pv_error *error)
{
    uint64_t number;

    memset(id, 0, PV_SPOOL_ID_SIZE);
    if (pread(source->lock_fd, id, PV_SPOOL_ID_SIZE - 1, 0) == PV_SPOOL_ID_SIZE - 1)
        return PV_OK;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return pv_error_set(error, PV_IO, "--spool=%s: no random number: %s", source->directory,
                            strerror(errno));
    snprintf(id, PV_SPOOL_ID_SIZE, "%016" PRIx64, number);
    if (pwrite(source->lock_fd, id, PV_SPOOL_ID_SIZE - 1, 0) != PV_SPOOL_ID_SIZE - 1 ||
        fsync(source->lock_fd) != 0)
        return pv_error_set(error, PV_INVALID, "--spool=%s: cannot write there: %s",
                            source->directory, strerror(errno));
    return PV_OK;
}

enum pv_status pv_spool_source_new(const char *directory, struct pv_line_source *source,
                                   char id[PV_SPOOL_ID_SIZE], struct pv_error *error)
{
    static const struct pv_line_source_kind kind = {
        is_position, start, next, tell_position, on_committed, lost, unread, destroy,
    };
    struct spool_source *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, directory);
    made->fd = made->lock_fd = -1;
    made->directory = strdup(directory);
    made->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made->directory == NULL)
        status = pv_error_nomem(error, directory);
    else if (made->directory_fd < 0)
        status = pv_error_set(error, PV_INVALID, "--spool=%s: cannot read it: %s", directory,
                              strerror(errno));
    else
        status = lock(made, error);
    if (status == PV_OK)
        status = read_id(made, id, error);
    if (status != PV_OK) {
        destroy(made);
        return status;
    }
    *source = (struct pv_line_source){&kind, made};
    return PV_OK;
}
