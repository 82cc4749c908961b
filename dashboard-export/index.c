#include "dashboard-export/index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/gzip.h"
#include "dashboard-export/snapshot.h"
#include "dashboard-export/tree.h"

static bool is_gzip(const char *name)
{
    return strcmp(name + strlen(name) - 3, ".gz") == 0;
}

bool pv_index_read_stamp(int fd, bool compressed, char time[PV_TIME_TEXT_SIZE])
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
    return pv_index_read_stamp(fd, is_gzip(name), file->generated_at);
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

static enum pv_status visit(void *context, int fd, const char *path, const char *name,
                            struct pv_error *error)
{
    struct pv_index_file file = {.path = (char *)path};

    /* What is compressed beside a file is that file. */
    if (!pv_layout_is_snapshot(name) || pv_layout_is_gzip(name) ||
        strcmp(path, PV_LAYOUT_INDEX) == 0 || !look_at(fd, name, &file))
        return PV_OK;
    return add(context, &file, error);
}

static int compare_paths(const void *left, const void *right)
{
    const struct pv_index_file *a = left, *b = right;

    return strcmp(a->path, b->path);
}

enum pv_status pv_index_scan(const struct pv_directory *directory, struct pv_index *index,
                             struct pv_error *error)
{
    const struct pv_tree_visitor visitor = {.visit = visit, .context = index};
    const struct pv_layout_directory *place = pv_layout_directories;
    enum pv_status status = PV_OK;

    *index = (struct pv_index){0};
    for (; place->path != NULL && status == PV_OK; place++)
        if (place->in_index)
            status = pv_tree_walk(directory, place, &visitor, error);
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
