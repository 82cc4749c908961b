#include "dashboard-export/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/gzip.h"
#include "dashboard-export/snapshot.h"

static bool is_gzip(const char *name)
{
    return strcmp(name + strlen(name) - 3, ".gz") == 0;
}

/* Reads the stamp of the file; takes `fd`. */
static bool read_stamp(int fd, bool compressed, char time[PV_TIME_TEXT_SIZE])
{
    char start[PV_SNAPSHOT_STAMP_SIZE];
    size_t got = 0;

    if (compressed) {
        struct pv_gzip_reader *reader = pv_gzip_reader_new(fd);

        if (reader != NULL && !pv_gzip_read(reader, start, sizeof start, &got))
            got = 0;
        pv_gzip_reader_destroy(reader);
    } else {
        ssize_t length = read(fd, start, sizeof start);

        got = length > 0 ? (size_t)length : 0;
        close(fd);
    }
    return pv_snapshot_stamp_read(start, got, time);
}

/* Looks at one file; false when it is no snapshot. */
static bool look_at(int directory_fd, const char *name, struct pv_index_file *file)
{
    struct stat found;
    int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return false;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
        close(fd);
        return false;
    }
    file->bytes = (int64_t)found.st_size;
    return read_stamp(fd, is_gzip(name), file->generated_at);
}

static enum pv_status add(struct pv_index *index, const struct pv_index_file *file,
                          struct pv_error *error)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity == 0 ? 64 : 2 * index->capacity;
        struct pv_index_file *files = realloc(index->files, capacity * sizeof *files);

        if (files == NULL)
            return pv_error_nomem(error, "the index");
        index->files = files;
        index->capacity = capacity;
    }
    index->files[index->count] = *file;
    index->files[index->count].path = strdup(file->path);
    if (index->files[index->count].path == NULL)
        return pv_error_nomem(error, "the index");
    index->count++;
    return PV_OK;
}

static enum pv_status scan_stream(DIR *stream, const char *relative, struct pv_index *index,
                                  struct pv_error *error)
{
    const char *separator = strcmp(relative, ".") == 0 ? "" : "/";
    enum pv_status status = PV_OK;
    const struct dirent *entry;

    while (status == PV_OK && (entry = readdir(stream)) != NULL) {
        char path[PV_LAYOUT_PATH_SIZE + sizeof entry->d_name];
        struct pv_index_file file = {.path = path};

        if (!pv_layout_is_snapshot(entry->d_name))
            continue;
        snprintf(path, sizeof path, "%s%s%s", separator[0] == '\0' ? "" : relative, separator,
                 entry->d_name);
        if (strcmp(path, PV_LAYOUT_INDEX) != 0 && look_at(dirfd(stream), entry->d_name, &file))
            status = add(index, &file, error);
    }
    return status;
}

static enum pv_status scan_directory(const struct pv_directory *directory, const char *relative,
                                     struct pv_index *index, struct pv_error *error)
{
    int fd = openat(directory->fd, relative, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    enum pv_status status;

    if (stream == NULL) {
        int why = errno;

        if (fd >= 0)
            close(fd);
        if (why == ENOENT)
            return PV_OK; /* nothing was written there yet */
        return pv_error_set(error, PV_IO, "%s/%s: cannot list it: %s", directory->path, relative,
                            strerror(why));
    }
    status = scan_stream(stream, relative, index, error);
    closedir(stream);
    return status;
}

static int compare_paths(const void *left, const void *right)
{
    const struct pv_index_file *a = left, *b = right;

    return strcmp(a->path, b->path);
}

enum pv_status pv_index_scan(const struct pv_directory *directory, struct pv_index *index,
                             struct pv_error *error)
{
    enum pv_status status = PV_OK;

    *index = (struct pv_index){0};
    for (size_t i = 0; pv_layout_directories[i] != NULL && status == PV_OK; i++)
        status = scan_directory(directory, pv_layout_directories[i], index, error);
    if (status != PV_OK)
        pv_index_clean_up(index);
    else if (index->count > 0)
        qsort(index->files, index->count, sizeof *index->files, compare_paths);
    return status;
}

void pv_index_clean_up(struct pv_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        free(index->files[i].path);
    free(index->files);
    *index = (struct pv_index){0};
}
