#include "dashboard-export/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dashboard-export/gzip_file.h"
#include "dashboard-export/io_error.h"
#include "dashboard-export/same_file.h"

static enum pv_status failed(const struct pv_publication *publication, const char *doing,
                             struct pv_error *error)
{
    return pv_io_failed(publication->directory, publication->path, doing, error);
}

static void close_parent(struct pv_publication *publication)
{
    close(publication->parent_fd);
    publication->parent_fd = -1;
}

enum pv_status pv_publication_begin(const struct pv_directory *directory, const char *path,
                                    struct pv_publication *publication, struct pv_error *error)
{
    const char *slash = strrchr(path, '/');
    char parent[PV_LAYOUT_PATH_SIZE] = ".", temporary[PV_LAYOUT_TEMPORARY_SIZE];
    enum pv_status status;

    *publication = (struct pv_publication){.directory = directory, .parent_fd = -1, .fd = -1};
    snprintf(publication->path, sizeof publication->path, "%s", path);
    snprintf(publication->name, sizeof publication->name, "%s", slash != NULL ? slash + 1 : path);
    if (slash != NULL)
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    status = pv_directory_open_below(directory, parent, &publication->parent_fd, error);
    if (status != PV_OK)
        return status;
    pv_layout_temporary(publication->name, temporary);
    publication->fd =
        openat(publication->parent_fd, temporary, PV_PUBLICATION_FLAGS, PV_PUBLICATION_MODE);
    if (publication->fd < 0) {
        status = failed(publication, "create", error);
        close_parent(publication);
    }
    return status;
}

enum pv_status pv_publication_write(struct pv_publication *publication, const void *data,
                                    size_t length, struct pv_error *error)
{
    const char *at = data;

    while (length > 0) {
        ssize_t written = write(publication->fd, at, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failed(publication, "write", error);
        at += written;
        length -= (size_t)written;
        publication->bytes += written;
    }
    return PV_OK;
}

void pv_publication_abandon(struct pv_publication *publication)
{
    char temporary[PV_LAYOUT_TEMPORARY_SIZE];

    if (publication->parent_fd < 0)
        return;
    pv_layout_temporary(publication->name, temporary);
    if (publication->fd >= 0)
        close(publication->fd);
    publication->fd = -1;
    unlinkat(publication->parent_fd, temporary, 0);
    close_parent(publication);
}

enum pv_status pv_publication_finish(struct pv_publication *publication, struct pv_error *error)
{
    char temporary[PV_LAYOUT_TEMPORARY_SIZE];
    enum pv_status status = PV_OK;
    int closed;

    pv_layout_temporary(publication->name, temporary);
    if (fsync(publication->fd) != 0)
        status = failed(publication, "write", error);
    closed = close(publication->fd);
    publication->fd = -1;
    if (status == PV_OK && closed != 0)
        status = failed(publication, "write", error);
    if (status == PV_OK &&
        renameat(publication->parent_fd, temporary, publication->parent_fd, publication->name) != 0)
        status = failed(publication, "replace", error);
    if (status != PV_OK) {
        pv_publication_abandon(publication);
        return status;
    }
    if (fsync(publication->parent_fd) != 0)
        status = failed(publication, "keep", error);
    close_parent(publication);
    return status;
}

static enum pv_status publish_whole(const struct pv_directory *directory, const char *path,
                                    const struct pv_buffer *text, struct pv_error *error)
{
    struct pv_publication publication;
    enum pv_status status = pv_publication_begin(directory, path, &publication, error);

    if (status != PV_OK)
        return status;
    status = pv_publication_write(&publication, text->data, text->length, error);
    if (status != PV_OK) {
        pv_publication_abandon(&publication);
        return status;
    }
    return pv_publication_finish(&publication, error);
}

static enum pv_status publish_compressed(const struct pv_directory *directory, const char *path,
                                         const struct pv_buffer *text, struct pv_error *error)
{
    char compressed[PV_LAYOUT_GZIP_SIZE];
    struct pv_gzip_text made = {0};
    enum pv_status status = pv_gzip_text_make(&made, text, error);

    pv_layout_gzip(path, compressed);
    if (status == PV_OK)
        status = publish_whole(directory, compressed, &made.out, error);
    pv_gzip_text_clean_up(&made);
    return status;
}

static enum pv_status publish(const struct pv_directory *directory, const char *path,
                              const struct pv_buffer *text, enum pv_same same,
                              struct pv_published *published, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    if (text->failed)
        return pv_error_nomem(error, "the text of a snapshot");
    *published = (struct pv_published){.written = false, .bytes = (int64_t)text->length};
    if (pv_same_file(directory, path, text, same) && pv_gzip_file_is_there(directory, path))
        return PV_OK;
    if (pv_gzip_file_is_wanted(directory, path))
        status = publish_compressed(directory, path, text, error);
    else
        pv_gzip_file_remove(directory, path);
    if (status != PV_OK)
        return status;
    published->written = true;
    return publish_whole(directory, path, text, error);
}

enum pv_status pv_publish_text(const struct pv_directory *directory, const char *path,
                               const struct pv_buffer *text, struct pv_published *published,
                               struct pv_error *error)
{
    return publish(directory, path, text, PV_SAME_BUT_STAMP, published, error);
}

enum pv_status pv_publish_plain(const struct pv_directory *directory, const char *path,
                                const struct pv_buffer *text, struct pv_published *published,
                                struct pv_error *error)
{
    return publish(directory, path, text, PV_SAME_BYTES, published, error);
}
