#define _GNU_SOURCE /* memmem */

#include "dashboard-export/same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/snapshot.h"

enum { COMPARE_SIZE = 65536, MOMENT_MAX = 65536 };

/* `stamp` bytes at the start may differ, all else must not. */
static bool same_bytes(int fd, const struct pv_buffer *text, size_t stamp)
{
    char chunk[COMPARE_SIZE];
    size_t at = 0;

    while (at < text->length) {
        ssize_t length = pread(fd, chunk, sizeof chunk, (off_t)at);
        size_t skip = at < stamp ? stamp - at : 0;

        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0 || (size_t)length > text->length - at)
            return false;
        if ((size_t)length > skip &&
            memcmp(chunk + skip, text->data + at + skip, (size_t)length - skip) != 0)
            return false;
        at += (size_t)length;
    }
    return true;
}

static bool has_stamp(int fd)
{
    char time[PV_TIME_TEXT_SIZE], stamp[PV_SNAPSHOT_STAMP_SIZE];

    return pread(fd, stamp, sizeof stamp, 0) == (ssize_t)sizeof stamp &&
           pv_snapshot_stamp_read(stamp, sizeof stamp, time);
}

/* Where the offsets are: `*begin` is behind `"counted_to":{`, `*end` at the `}`. */
static bool find_offsets(const char *text, size_t length, size_t *begin, size_t *end)
{
    static const char name[] = ",\"counted_to\":{";
    char time[PV_TIME_TEXT_SIZE];
    const char *found, *close;

    if (!pv_snapshot_stamp_read(text, length, time))
        return false;
    found = memmem(text, length, name, sizeof name - 1);
    if (found == NULL)
        return false;
    *begin = (size_t)(found - text) + sizeof name - 1;
    close = memchr(text + *begin, '}', length - *begin);
    *end = close != NULL ? (size_t)(close - text) : 0;
    return close != NULL;
}

static bool equal_parts(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool same_but_moment(const char *old, size_t old_length, const struct pv_buffer *text)
{
    const size_t stamp = PV_SNAPSHOT_STAMP_SIZE;
    size_t old_begin, old_end, begin, end;

    return find_offsets(old, old_length, &old_begin, &old_end) &&
           find_offsets(text->data, text->length, &begin, &end) &&
           equal_parts(old + stamp, old_begin - stamp, text->data + stamp, begin - stamp) &&
           equal_parts(old + old_end, old_length - old_end, text->data + end, text->length - end);
}

/* The offsets may have other lengths, so the sizes say little. */
static bool read_and_compare(int fd, size_t size, const struct pv_buffer *text)
{
    struct pv_buffer old = {0};
    bool same = false;

    if (size > text->length + MOMENT_MAX)
        return false;
    if (pv_buffer_reserve(&old, size + 1) != NULL && pread(fd, old.data, size, 0) == (ssize_t)size)
        same = same_but_moment(old.data, size, text);
    pv_buffer_clean_up(&old);
    return same;
}

bool pv_same_file(const struct pv_directory *directory, const char *path,
                  const struct pv_buffer *text, enum pv_same same)
{
    int fd = openat(directory->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat file;
    bool found;

    if (fd < 0)
        return false;
    found = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    if (found && same == PV_SAME_BUT_MOMENT)
        found = read_and_compare(fd, (size_t)file.st_size, text);
    else if (found)
        found = file.st_size == (off_t)text->length && (same == PV_SAME_BYTES || has_stamp(fd)) &&
                same_bytes(fd, text, same == PV_SAME_BYTES ? 0 : PV_SNAPSHOT_STAMP_SIZE);
    close(fd);
    return found;
}
