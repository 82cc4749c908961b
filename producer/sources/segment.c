#include "producer/sources/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static int64_t read_at(const struct pv_segment *segment, char *data, size_t size, int64_t offset)
{
    ssize_t got;

    if (segment->gz != NULL) {
        if (gzseek(segment->gz, (z_off_t)offset, SEEK_SET) != (z_off_t)offset)
            return -1;
        return gzread(segment->gz, data, (unsigned)size);
    }
    do {
        got = pread(segment->fd, data, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static bool has_suffix(const char *text, const char *suffix)
{
    size_t length = strlen(text), suffix_length = strlen(suffix);

    return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

enum pv_status pv_segment_open(const char *path, struct pv_segment *segment, struct pv_error *error)
{
    struct stat info;
    int64_t head_length;

    memset(segment, 0, sizeof *segment);
    segment->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (segment->fd < 0)
        return pv_error_set(error, PV_IO, "%s: cannot open it: %s", path, strerror(errno));
    if (fstat(segment->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(segment->fd);
        return pv_error_set(error, PV_IO, "%s: not a regular file", path);
    }
    segment->device = (uint64_t)info.st_dev;
    segment->inode = (uint64_t)info.st_ino;
    if (has_suffix(path, ".gz")) {
        segment->gz = gzdopen(segment->fd, "rb");
        if (segment->gz == NULL) {
            close(segment->fd);
            return pv_error_nomem(error, path);
        }
    }
    segment->modified_ms = pv_segment_modified_ms(segment);
    head_length = read_at(segment, segment->head, sizeof segment->head, 0);
    segment->head_length = head_length > 0 ? (size_t)head_length : 0;
    return PV_OK;
}

void pv_segment_close(struct pv_segment *segment)
{
    if (segment->gz != NULL)
        gzclose(segment->gz); /* and the file with it */
    else if (segment->fd >= 0)
        close(segment->fd);
    segment->gz = NULL;
    segment->fd = -1;
}

/* gzread gives what there is of a file that was cut short, and then 0 as at a proper end. */
static bool is_cut_short(const struct pv_segment *segment)
{
    int code = Z_OK;

    if (segment->gz != NULL)
        gzerror(segment->gz, &code);
    return code != Z_OK;
}

int64_t pv_segment_read(struct pv_segment *segment, char *data, size_t size)
{
    int64_t got;

    if (segment->is_damaged)
        return 0;
    got = read_at(segment, data, size, segment->read_offset);
    if (got > 0)
        segment->read_offset += got;
    return got == 0 && is_cut_short(segment) ? -1 : got;
}

bool pv_segment_is_intact(struct pv_segment *segment)
{
    char head[PV_SEGMENT_HEAD_MAX];
    struct stat info;
    int64_t got;

    if (segment->gz != NULL)
        return true; /* nobody writes to a compressed log */
    if (fstat(segment->fd, &info) != 0 || (int64_t)info.st_size < segment->read_offset)
        return false;
    if (segment->head_length == 0 && pv_segment_modified_ms(segment) != segment->modified_ms)
        segment->has_begun = true;
    got = read_at(segment, head, sizeof head, 0);
    if (got < (int64_t)segment->head_length ||
        memcmp(head, segment->head, segment->head_length) != 0)
        return false;
    memcpy(segment->head, head, (size_t)got);
    segment->head_length = (size_t)got;
    return true;
}

bool pv_segment_matches(const struct pv_segment *segment, const struct pv_segment_mark *mark)
{
    return mark->head_length > 0 && mark->head_length <= segment->head_length &&
           XXH3_64bits(segment->head, mark->head_length) == mark->head_hash;
}

/* INT64_MAX when unknown. */
static int64_t size_of(const struct pv_segment *segment)
{
    struct stat info;

    return segment->gz == NULL && fstat(segment->fd, &info) == 0 ? (int64_t)info.st_size
                                                                 : INT64_MAX;
}

bool pv_segment_reaches(const struct pv_segment *segment, int64_t offset)
{
    return size_of(segment) >= offset;
}

bool pv_segment_is_copy(const struct pv_segment *copy, const struct pv_segment *original)
{
    return copy->head_length > 0 && copy->head_length <= original->head_length &&
           memcmp(copy->head, original->head, copy->head_length) == 0;
}

int64_t pv_segment_unread_bytes(const struct pv_segment *segment)
{
    struct stat info;

    if (segment->gz != NULL || fstat(segment->fd, &info) != 0 || info.st_size < segment->offset)
        return 0;
    return info.st_size - segment->offset;
}

int64_t pv_segment_modified_ms(const struct pv_segment *segment)
{
    struct stat info;

    if (fstat(segment->fd, &info) != 0)
        return 0;
    return (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
}

struct pv_segment_mark pv_segment_mark_of(const struct pv_segment *segment)
{
    return (struct pv_segment_mark){
        .device = segment->device,
        .inode = segment->inode,
        .offset = segment->offset,
        .head_length = (uint32_t)segment->head_length,
        .head_hash = XXH3_64bits(segment->head, segment->head_length),
    };
}

void pv_segment_go_to(struct pv_segment *segment, int64_t offset)
{
    int64_t size = size_of(segment);

    segment->offset = segment->read_offset = offset < size ? offset : size;
    segment->in_long_line = false;
}
