#define _GNU_SOURCE /* syncfs */

#include "dashboard-export/article_batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dashboard-export/io_error.h"
#include "dashboard-export/same_file.h"

void pv_batch_clean_up(struct pv_batch *batch)
{
    pv_buffer_clean_up(&batch->paths);
    pv_gzip_text_clean_up(&batch->gzip);
}

/* The path that the file has until the batch is finished. */
static void temporary_path(const char *path, char temporary[PV_LAYOUT_TEMPORARY_SIZE])
{
    const char *slash = strrchr(path, '/');
    int parent = slash != NULL ? (int)(slash + 1 - path) : 0;

    snprintf(temporary, PV_LAYOUT_TEMPORARY_SIZE, "%.*s", parent, path);
    pv_layout_temporary(path + parent, temporary + parent);
}

static void remove_temporary(const struct pv_batch *batch, const char *path)
{
    char temporary[PV_LAYOUT_TEMPORARY_SIZE];

    temporary_path(path, temporary);
    unlinkat(batch->directory->fd, temporary, 0);
}

/* Most often the directory that the file is in is there, and need not be opened. */
static enum pv_status begin(const struct pv_batch *batch, const char *path,
                            struct pv_publication *file, struct pv_error *error)
{
    char temporary[PV_LAYOUT_TEMPORARY_SIZE];
    int fd;

    temporary_path(path, temporary);
    fd = openat(batch->directory->fd, temporary, PV_PUBLICATION_FLAGS, PV_PUBLICATION_MODE);
    if (fd < 0)
        return pv_publication_begin(batch->directory, path, file, error);
    *file = (struct pv_publication){.directory = batch->directory, .parent_fd = -1, .fd = fd};
    snprintf(file->path, sizeof file->path, "%s", path);
    return PV_OK;
}

/* A batch has more files than a process may have open. */
static enum pv_status write_file(const struct pv_batch *batch, const char *path,
                                 const struct pv_buffer *text, struct pv_error *error)
{
    struct pv_publication file;
    enum pv_status status = begin(batch, path, &file, error);

    if (status != PV_OK)
        return status;
    status = pv_publication_write(&file, text->data, text->length, error);
    if (close(file.fd) != 0 && status == PV_OK)
        status = pv_io_failed(batch->directory, path, "write", error);
    if (file.parent_fd >= 0)
        close(file.parent_fd);
    if (status != PV_OK)
        remove_temporary(batch, path);
    return status;
}

/* What is compressed is written first, as it is shown first. */
static enum pv_status write_files(struct pv_batch *batch, const char *path,
                                  const struct pv_buffer *text, struct pv_error *error)
{
    char compressed[PV_LAYOUT_GZIP_SIZE];
    enum pv_status status;

    if (!pv_gzip_file_is_wanted(batch->directory, path))
        return write_file(batch, path, text, error);
    pv_layout_gzip(path, compressed);
    status = pv_gzip_text_make(&batch->gzip, text, error);
    if (status == PV_OK)
        status = write_file(batch, compressed, &batch->gzip.out, error);
    if (status != PV_OK)
        return status;
    status = write_file(batch, path, text, error);
    if (status != PV_OK)
        remove_temporary(batch, compressed);
    return status;
}

enum pv_status pv_batch_add(struct pv_batch *batch, const char *path, const struct pv_buffer *text,
                            size_t owner, struct pv_error *error)
{
    size_t size = strlen(path) + 1;
    enum pv_status status;

    if (text->failed || pv_buffer_reserve(&batch->paths, size) == NULL) {
        batch->paths.failed = false;
        return pv_error_nomem(error, "the files of articles");
    }
    if (pv_same_file(batch->directory, path, text,
                     pv_layout_is_json(path) ? PV_SAME_BUT_MOMENT : PV_SAME_BYTES) &&
        pv_gzip_file_is_there(batch->directory, path)) {
        batch->unchanged++;
        return PV_OK;
    }
    status = write_files(batch, path, text, error);
    if (status != PV_OK)
        return status;
    pv_buffer_add(&batch->paths, path, size);
    batch->bytes[batch->count] = (int64_t)text->length;
    batch->owners[batch->count++] = owner;
    return PV_OK;
}

/* Gives a file its name. */
static enum pv_status show(const struct pv_batch *batch, const char *path, struct pv_error *error)
{
    char temporary[PV_LAYOUT_TEMPORARY_SIZE];
    int fd = batch->directory->fd;

    temporary_path(path, temporary);
    if (renameat(fd, temporary, fd, path) != 0)
        return pv_io_failed(batch->directory, path, "replace", error);
    return PV_OK;
}

/* Shows it and what is compressed beside it, or removes what was written. `synced` says whether it
 * is on disk. */
static enum pv_status settle(const struct pv_batch *batch, const char *path, enum pv_status synced,
                             struct pv_error *error)
{
    char compressed[PV_LAYOUT_GZIP_SIZE];
    bool is_wanted = pv_gzip_file_is_wanted(batch->directory, path);
    enum pv_status status = synced;

    pv_layout_gzip(path, compressed);
    if (status == PV_OK && is_wanted)
        status = show(batch, compressed, error);
    else if (status == PV_OK)
        pv_gzip_file_remove(batch->directory, path);
    if (status == PV_OK)
        status = show(batch, path, error);
    if (status != PV_OK) {
        remove_temporary(batch, path);
        if (is_wanted)
            remove_temporary(batch, compressed);
    }
    return status;
}

enum pv_status pv_batch_finish(struct pv_batch *batch, bool *failed, int64_t *written,
                               int64_t *bytes, struct pv_error *error)
{
    enum pv_status first = PV_OK, synced = PV_OK;
    const char *path = batch->paths.data;

    if (batch->count > 0 && syncfs(batch->directory->fd) != 0)
        first = synced = pv_io_failed(batch->directory, path, "write", error);
    for (size_t i = 0; i < batch->count; i++, path += strlen(path) + 1) {
        enum pv_status status = settle(batch, path, synced, first == PV_OK ? error : NULL);

        if (status == PV_OK) {
            *written += 1;
            *bytes += batch->bytes[i];
            continue;
        }
        failed[batch->owners[i]] = true;
        if (first == PV_OK)
            first = status;
    }
    batch->count = 0;
    pv_buffer_reset(&batch->paths);
    return first;
}
