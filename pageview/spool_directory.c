/* Segments are numbered without a gap: one is made under the lock of the one before it, and only
 * the oldest is removed, never the newest. So a segment that has a next one is not written to
 * any more, and a number is never used for two. */
#define _DEFAULT_SOURCE /* flock */
#include "pageview/spool_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".ndjson"

enum { DIGITS_LEAST = 12, DIGITS_MAX = 19, BOUND_SIZE = 32 };

static const char bound_name[] = "bound";
/* What is being made, until it has its name. */
static const char new_bound[] = "bound.new";
static const char new_segment[] = "segment.new";

void pv_spool_segment_name(pv_spool_segment segment, char name[PV_SPOOL_NAME_SIZE])
{
    snprintf(name, PV_SPOOL_NAME_SIZE, "%012" PRIu64 SUFFIX, segment);
}

pv_spool_segment pv_spool_segment_parse(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    pv_spool_segment segment = 0;

    if (digits < DIGITS_LEAST || digits > DIGITS_MAX || strcmp(name + digits, SUFFIX) != 0 ||
        (digits > DIGITS_LEAST && name[0] == '0'))
        return 0;
    for (size_t i = 0; i < digits; i++)
        segment = segment * 10 + (pv_spool_segment)(name[i] - '0');
    return segment;
}

void pv_spool_close_file(int file)
{
    int failure = errno;

    if (file >= 0)
        close(file);
    errno = failure;
}

bool pv_spool_lock(int file)
{
    while (flock(file, LOCK_EX) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

void pv_spool_unlock(int file)
{
    int failure = errno;

    (void)flock(file, LOCK_UN);
    errno = failure;
}

bool pv_spool_has(int directory, pv_spool_segment segment)
{
    char name[PV_SPOOL_NAME_SIZE];

    pv_spool_segment_name(segment, name);
    return faccessat(directory, name, F_OK, 0) == 0;
}

/* Adds a file of the directory to the range, if it is a segment. One that was removed since the
 * directory was read counts as well: the newest is not removed, so there is a newer one then. */
static bool add_file(int directory, const char *name, struct pv_spool_range *range)
{
    pv_spool_segment segment = pv_spool_segment_parse(name);
    struct stat file;

    if (segment == 0)
        return true;
    if (range->oldest == 0 || segment < range->oldest)
        range->oldest = segment;
    if (segment > range->newest)
        range->newest = segment;
    if (fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    range->bytes += file.st_size;
    return true;
}

/* The directory once more, with a place of its own to read at and a lock of its own. */
static int open_again(int directory)
{
    return openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool pv_spool_range_read(int directory, struct pv_spool_range *range)
{
    int file = open_again(directory);
    DIR *entries = file >= 0 ? fdopendir(file) : NULL;
    struct dirent *entry;
    bool read = true;
    int failure;

    *range = (struct pv_spool_range){0};
    if (entries == NULL) {
        pv_spool_close_file(file);
        return false;
    }
    for (;;) {
        errno = 0;
        entry = readdir(entries);
        if (entry == NULL)
            break;
        read = add_file(directory, entry->d_name, range);
        if (!read)
            break;
    }
    failure = errno;
    closedir(entries);
    errno = failure;
    return read && failure == 0;
}

/* Gives a file the access that the directory gives: a directory of a group makes files of it. */
static bool share_as_directory(int directory, int file)
{
    struct stat of_directory;

    return fstat(directory, &of_directory) == 0 &&
           fchmod(file, (of_directory.st_mode & 0060) | 0600) == 0;
}

bool pv_spool_segment_make(int directory, pv_spool_segment segment, bool durable)
{
    char name[PV_SPOOL_NAME_SIZE];
    bool made;
    int file;

    /* It gets its name last, so that nobody finds it before it can be opened. Until then nobody
     * makes another, so they may all be called the same. */
    pv_spool_segment_name(segment, name);
    if (unlinkat(directory, new_segment, 0) != 0 && errno != ENOENT)
        return false;
    file = openat(directory, new_segment, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    made = share_as_directory(directory, file) &&
           renameat(directory, new_segment, directory, name) == 0 &&
           (!durable || fsync(directory) == 0);
    pv_spool_close_file(file);
    return made;
}

bool pv_spool_first_make(int directory, pv_spool_segment segment, bool durable)
{
    int locked = open_again(directory);
    struct pv_spool_range range;
    bool made;

    if (locked < 0)
        return false;
    made = pv_spool_lock(locked) && pv_spool_range_read(directory, &range) &&
           (range.newest != 0 || pv_spool_has(directory, segment) ||
            pv_spool_segment_make(directory, segment, durable));
    pv_spool_unlock(locked);
    pv_spool_close_file(locked);
    return made;
}

int64_t pv_spool_bound_read(int directory)
{
    char text[BOUND_SIZE] = "";
    int file = openat(directory, bound_name, O_RDONLY | O_CLOEXEC);
    ssize_t length;
    long long bound;

    if (file < 0)
        return 0;
    length = read(file, text, sizeof text - 1);
    close(file);
    bound = length > 0 ? strtoll(text, NULL, 10) : 0;
    return bound >= PV_SPOOL_MAX_LEAST ? bound : 0;
}

bool pv_spool_bound_write(int directory, int64_t max_bytes)
{
    char text[BOUND_SIZE];
    int length = snprintf(text, sizeof text, "%" PRId64 "\n", max_bytes);
    int locked = open_again(directory), file = -1;
    bool written;

    written = locked >= 0 && pv_spool_lock(locked) &&
              (unlinkat(directory, new_bound, 0) == 0 || errno == ENOENT);
    if (written)
        file = openat(directory, new_bound, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    written = file >= 0 && share_as_directory(directory, file) &&
              write(file, text, (size_t)length) == length && fdatasync(file) == 0 &&
              renameat(directory, new_bound, directory, bound_name) == 0;
    pv_spool_close_file(file);
    pv_spool_unlock(locked);
    pv_spool_close_file(locked);
    return written;
}

enum pv_status pv_spool_look(int directory_fd, struct pv_spool_range *range, struct pv_error *error)
{
    if (pv_spool_range_read(directory_fd, range))
        return PV_OK;
    return pv_error_set(error, PV_IO,
                        "the spool's directory cannot be read: %s: let this user read it",
                        strerror(errno));
}

bool pv_spool_settle(int segment_fd, int64_t *size)
{
    struct stat now;
    bool seen;

    while (flock(segment_fd, LOCK_SH) != 0)
        if (errno != EINTR)
            return false;
    seen = fstat(segment_fd, &now) == 0;
    pv_spool_unlock(segment_fd);
    *size = now.st_size;
    return seen && fdatasync(segment_fd) == 0;
}

/* Says what is in the way of removing a segment that is open and locked; NULL: nothing. */
static const char *obstacle(int directory, int file, pv_spool_segment segment, int64_t size)
{
    struct stat now;

    if (fstat(file, &now) != 0)
        return "it cannot be looked at";
    if (now.st_size != size)
        return "it is not of the size it was read to";
    if (!pv_spool_has(directory, segment + 1))
        return "it is the newest";
    if (pv_spool_has(directory, segment - 1))
        return "an older one is still there";
    return NULL;
}

static enum pv_status remove_locked(int directory, int file, pv_spool_segment segment, int64_t size,
                                    struct pv_error *error)
{
    const char *why = obstacle(directory, file, segment, size);
    char name[PV_SPOOL_NAME_SIZE];

    pv_spool_segment_name(segment, name);
    if (why != NULL)
        return pv_error_set(error, PV_UNAVAILABLE,
                            "the spool's segment %s stays: %s: try again later", name, why);
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
        return pv_error_set(error, PV_IO,
                            "the spool's segment %s cannot be removed: %s: let this user write to "
                            "the spool's directory",
                            name, strerror(errno));
    return PV_OK;
}

enum pv_status pv_spool_remove(int directory_fd, pv_spool_segment segment, int64_t size,
                               struct pv_error *error)
{
    char name[PV_SPOOL_NAME_SIZE];
    enum pv_status status;
    int file;

    pv_spool_segment_name(segment, name);
    file = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT)
        return PV_OK;
    if (file < 0)
        return pv_error_set(error, PV_IO,
                            "the spool's segment %s cannot be opened: %s: let this user read it",
                            name, strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        status = remove_locked(directory_fd, file, segment, size, error);
    else
        status = pv_error_set(error, PV_UNAVAILABLE,
                              "the spool's segment %s is being written to: try again later", name);
    pv_spool_unlock(file);
    close(file);
    return status;
}
