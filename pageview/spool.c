/* How an append finds its place. The number of the newest segment is only a hint: it may be old as
 * soon as it is read. So the segment is opened by that number and locked, and then looked at:
 *
 * - It was removed: the directory is read for the newest one.
 * - There is a next one: that one is tried. A segment with a next one is never written to again,
 *   which is what lets a reader finish it.
 * - It is full: the next one is made, under the lock of this one, and tried.
 * - It is empty: it is the first write, and the one that has to find room for a whole segment
 *   within the bound. Whatever is written to it later was accounted for then. So the bound is
 *   looked at once a segment, and holds for any number of writers, as each has the lock.
 *
 * Every thread opens the segment for itself: a lock belongs to an open file, not to a process. It
 * may keep it open, since what it looks at under the lock is looked at anew for each append. */
#include "pageview/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/spool_directory.h"

#define APPEND_MAX       ((size_t)1048576)
#define SYNC_INTERVAL_MS 100
#define SEGMENTS_A_SPOOL 16
#define DIRECTORY_ACCESS 0700

struct pv_spool {
    int directory;
    int64_t max_bytes, segment_bytes;
    enum pv_spool_sync sync;
    _Atomic pv_spool_segment newest; /* a hint; 0: not known */
    /* With PV_SPOOL_SYNC_100MS: */
    _Atomic int64_t synced_ms;         /* of the monotonic clock */
    _Atomic pv_spool_segment unsynced; /* the newest with lines that may not be on the disk; or 0 */
};

/* ---- Open and close ---- */

/* mkdir -p. */
static bool make_directories(const char *directory)
{
    char *path = strdup(directory);
    bool made = path != NULL;

    for (char *slash = path; made && (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        made = mkdir(path, DIRECTORY_ACCESS) == 0 || errno == EEXIST;
        *slash = '/';
    }
    made = made && (mkdir(path, DIRECTORY_ACCESS) == 0 || errno == EEXIST);
    free(path);
    return made;
}

static enum pv_status open_directory(const char *directory, int *file, struct pv_error *error)
{
    *file = -1;
    if (directory[0] == '\0')
        return pv_error_set(error, PV_INVALID, "the spool's directory has no name: give it one");
    if (make_directories(directory))
        *file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*file < 0 || faccessat(*file, ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        return pv_error_set(error, PV_INVALID,
                            "the spool %s cannot be written to: %s: create the directory, and let "
                            "this user read and write there",
                            directory, strerror(errno));
    return PV_OK;
}

/* Keeps a bound that was given for the writers that give none, and finds it for those. */
static enum pv_status agree_on_bound(struct pv_spool *spool, const char *directory,
                                     int64_t max_bytes, struct pv_error *error)
{
    int64_t kept = pv_spool_bound_read(spool->directory);

    if (max_bytes != 0 && max_bytes < PV_SPOOL_MAX_LEAST)
        return pv_error_set(error, PV_INVALID,
                            "the spool %s: a bound of %" PRId64
                            " bytes is too small: give it %" PRId64 " or more",
                            directory, max_bytes, PV_SPOOL_MAX_LEAST);
    if (max_bytes != 0 && max_bytes != kept && !pv_spool_bound_write(spool->directory, max_bytes))
        return pv_error_set(error, PV_INVALID,
                            "the spool %s: its bound cannot be kept there: %s: let this user write "
                            "to it",
                            directory, strerror(errno));
    spool->max_bytes = max_bytes != 0 ? max_bytes : kept != 0 ? kept : PV_SPOOL_MAX_DEFAULT;
    spool->segment_bytes = spool->max_bytes / SEGMENTS_A_SPOOL;
    if (spool->segment_bytes > PV_SPOOL_SEGMENT_MAX)
        spool->segment_bytes = PV_SPOOL_SEGMENT_MAX;
    return PV_OK;
}

enum pv_status pv_spool_open(const char *directory, int64_t max_bytes, enum pv_spool_sync sync,
                             struct pv_spool **spool, struct pv_error *error)
{
    struct pv_spool *opened = calloc(1, sizeof *opened);
    enum pv_status status;

    *spool = NULL;
    if (opened == NULL)
        return pv_error_nomem(error, "the spool");
    opened->sync = sync;
    status = open_directory(directory, &opened->directory, error);
    if (status == PV_OK)
        status = agree_on_bound(opened, directory, max_bytes, error);
    if (status != PV_OK) {
        pv_spool_close(opened);
        return status;
    }
    *spool = opened;
    return PV_OK;
}

void pv_spool_close(struct pv_spool *spool)
{
    if (spool == NULL)
        return;
    if (spool->directory >= 0) {
        pv_spool_sync_now(spool);
        close(spool->directory);
    }
    free(spool);
}

/* ---- Sync ---- */

/* The segment that appends go to, or -1. */
static int open_segment(const struct pv_spool *spool, pv_spool_segment segment)
{
    char name[PV_SPOOL_NAME_SIZE];

    pv_spool_segment_name(segment, name);
    return openat(spool->directory, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
}

void pv_spool_sync_now(struct pv_spool *spool)
{
    pv_spool_segment segment = atomic_exchange(&spool->unsynced, 0);
    int file;

    if (segment == 0)
        return;
    /* Older segments were written to the disk when they were full. */
    file = open_segment(spool, segment);
    if (file < 0)
        return; /* shipped and removed */
    (void)fdatasync(file);
    close(file);
}

/* True for one of those who ask, when the interval is over. */
static bool sync_is_due(struct pv_spool *spool)
{
    int64_t last = atomic_load(&spool->synced_ms), now = pv_monotonic_ms();

    return now - last >= SYNC_INTERVAL_MS &&
           atomic_compare_exchange_strong(&spool->synced_ms, &last, now);
}

void pv_spool_sync_if_due(struct pv_spool *spool)
{
    if (atomic_load(&spool->unsynced) != 0 && sync_is_due(spool))
        pv_spool_sync_now(spool);
}

static void note_unsynced(struct pv_spool *spool, pv_spool_segment segment)
{
    pv_spool_segment noted = atomic_load(&spool->unsynced);

    while (noted < segment && !atomic_compare_exchange_weak(&spool->unsynced, &noted, segment))
        continue;
}

/* Once the lines are in the file, and others may write. */
static bool sync_after_append(const struct pv_spool_writer *writer)
{
    struct pv_spool *spool = writer->spool;

    if (spool->sync == PV_SPOOL_SYNC_OFF)
        return true;
    /* What is noted stays so: another thread may have written behind this sync. */
    if (spool->sync == PV_SPOOL_SYNC_EACH || sync_is_due(spool))
        return fdatasync(writer->file) == 0;
    note_unsynced(spool, writer->segment);
    return true;
}

/* ---- Append ---- */

/* Where the lines belong, as a look at a segment tells. */
enum place {
    PLACE_HERE,       /* and there they are */
    PLACE_NEXT,       /* in the next segment */
    PLACE_LOOK_AGAIN, /* in the newest, which is not known */
    PLACE_NONE,       /* the bound leaves no room */
    PLACE_FAILED,     /* errno says why */
    PLACE_UNSURE,     /* there they are, but the disk failed to sync */
};

static bool is_sync_on(const struct pv_spool *spool)
{
    return spool->sync != PV_SPOOL_SYNC_OFF;
}

/* Makes the segment behind `segment`, whose lock is ours and which is full. */
static enum place make_next(struct pv_spool *spool, int file, pv_spool_segment segment)
{
    if (is_sync_on(spool) && fdatasync(file) != 0)
        return PLACE_FAILED;
    if (!pv_spool_segment_make(spool->directory, segment + 1, is_sync_on(spool)))
        return PLACE_FAILED;
    return PLACE_NEXT;
}

/* Whether the bound leaves room for a segment's bytes more, or for these if they are more. */
static enum place find_room(const struct pv_spool *spool, int64_t bytes)
{
    struct pv_spool_range range;

    if (!pv_spool_range_read(spool->directory, &range))
        return PLACE_FAILED;
    if (bytes < spool->segment_bytes)
        bytes = spool->segment_bytes;
    return range.bytes <= spool->max_bytes - bytes ? PLACE_HERE : PLACE_NONE;
}

static enum place judge(struct pv_spool *spool, int file, pv_spool_segment segment, size_t length,
                        int64_t *size)
{
    /* One byte more, to close the line with if a crash tears it. */
    int64_t bytes = (int64_t)length + 1;
    struct stat now;

    if (fstat(file, &now) != 0)
        return PLACE_FAILED;
    *size = now.st_size;
    if (now.st_nlink == 0)
        return PLACE_LOOK_AGAIN;
    if (pv_spool_has(spool->directory, segment + 1))
        return PLACE_NEXT;
    if (*size == 0)
        return find_room(spool, bytes);
    if (*size > spool->segment_bytes - bytes)
        return make_next(spool, file, segment);
    return PLACE_HERE;
}

/* The lock is ours and there is room: false when not all was written. */
static bool write_lines(struct pv_spool_writer *writer, int64_t size, const char *lines,
                        size_t length)
{
    int file = writer->file;
    char last = '\n';
    ssize_t written;

    if (size > 0 && size != writer->end && pread(file, &last, 1, size - 1) != 1)
        return false;
    if (last != '\n' && write(file, "\n", 1) != 1)
        return false;
    written = write(file, lines, length);
    writer->end = size + (last != '\n') + (int64_t)length;
    if (written >= 0 && written < (ssize_t)length)
        errno = ENOSPC; /* a disk that takes a part has no room for the rest */
    return written == (ssize_t)length;
}

/* Cuts off what a write left that did not get to its end. */
static void take_back(int file, int64_t size)
{
    int failure = errno;

    while (ftruncate(file, size) != 0 && errno == EINTR)
        ;
    errno = failure;
}

/* Failures that end when there is room again. */
static bool is_no_room(int failure)
{
    return failure == ENOSPC || failure == EDQUOT || failure == EFBIG;
}

/* One look at the segment that is open: appends there, or says where to look next. */
static enum place append_there(struct pv_spool_writer *writer, const char *lines, size_t length)
{
    int file = writer->file;
    enum place place;
    int64_t size;

    if (!pv_spool_lock(file))
        return PLACE_FAILED;
    place = judge(writer->spool, file, writer->segment, length, &size);
    if (place == PLACE_HERE && !write_lines(writer, size, lines, length)) {
        take_back(file, size);
        place = PLACE_FAILED;
    }
    pv_spool_unlock(file);
    if (place == PLACE_HERE && !sync_after_append(writer))
        place = PLACE_UNSURE;
    return place;
}

/* Reads the directory for the newest segment, and makes the first one when there is none. */
static pv_spool_segment look_for_newest(struct pv_spool *spool)
{
    struct pv_spool_range range;
    pv_spool_segment next = atomic_load(&spool->newest) + 1;

    if (!pv_spool_range_read(spool->directory, &range))
        return 0;
    if (range.newest == 0 && pv_spool_first_make(spool->directory, next, is_sync_on(spool)) &&
        !pv_spool_range_read(spool->directory, &range))
        return 0;
    return range.newest;
}

void pv_spool_writer_rest(struct pv_spool_writer *writer)
{
    if (writer->segment != 0)
        pv_spool_close_file(writer->file);
    writer->segment = 0;
    writer->end = 0;
}

static enum place try_append(struct pv_spool_writer *writer, pv_spool_segment segment,
                             const char *lines, size_t length)
{
    enum place place;

    if (segment == 0)
        return PLACE_LOOK_AGAIN;
    if (writer->segment != segment) {
        int file = open_segment(writer->spool, segment);

        pv_spool_writer_rest(writer);
        if (file < 0)
            return errno == ENOENT ? PLACE_LOOK_AGAIN : PLACE_FAILED;
        writer->file = file;
        writer->segment = segment;
    }
    place = append_there(writer, lines, length);
    if (place != PLACE_HERE)
        pv_spool_writer_rest(writer);
    return place;
}

static enum pv_spool_result result_of(enum place place)
{
    if (place == PLACE_HERE)
        return PV_SPOOL_OK;
    if (place == PLACE_NONE)
        errno = ENOSPC;
    return place != PLACE_UNSURE && is_no_room(errno) ? PV_SPOOL_FULL : PV_SPOOL_FAILED;
}

enum pv_spool_result pv_spool_write(struct pv_spool_writer *writer, const char *lines,
                                    size_t length)
{
    struct pv_spool *spool = writer->spool;
    pv_spool_segment segment = atomic_load(&spool->newest);

    if (length == 0 || length > APPEND_MAX || lines[length - 1] != '\n') {
        errno = EINVAL;
        return PV_SPOOL_FAILED;
    }
    for (;;) {
        enum place place = try_append(writer, segment, lines, length);

        if (place == PLACE_NEXT) {
            segment++;
        } else if (place == PLACE_LOOK_AGAIN) {
            segment = look_for_newest(spool);
            if (segment == 0)
                return result_of(PLACE_FAILED);
        } else {
            atomic_store(&spool->newest, segment);
            return result_of(place);
        }
    }
}

enum pv_spool_result pv_spool_append(struct pv_spool *spool, const char *lines, size_t length)
{
    struct pv_spool_writer writer = {.spool = spool};
    enum pv_spool_result result = pv_spool_write(&writer, lines, length);

    pv_spool_writer_rest(&writer);
    return result;
}
