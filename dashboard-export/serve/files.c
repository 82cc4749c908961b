#include "dashboard-export/serve/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "dashboard-export/layout.h"
#include "dashboard-export/serve/beneath.h"
#include "dashboard-export/serve/mime.h"
#include "dashboard-export/snapshot.h"

enum {
    SETS = 64,
    WAYS = 4, /* files that share a place in the table */
    FILE_MAX = 1 << 20,
    CACHED_MAX = 8 << 20,
    HELD_MAX = 16 << 20,
};

#define GZ ".gz"

struct entry {
    char *path; /* NULL: none */
    bool is_encoded;
    struct stat found;
    size_t size;
    uint64_t used; /* the larger the later */
    struct pv_served_file file;
};

struct pv_files {
    const char *directory;
    int fd;              /* -1: not there */
    size_t cached, held; /* bytes of the entries; the same and those still being sent */
    uint64_t uses;
    struct pv_served_file large; /* the last one that was not kept */
    struct entry entries[SETS][WAYS];
};

/* What libmicrohttpd gives back when a content is sent by nobody any more. */
struct content {
    struct pv_files *files;
    size_t size;
    char bytes[];
};

static void free_content(void *context)
{
    struct content *content = context;

    content->files->held -= content->size;
    free(content);
}

enum pv_status pv_files_new(const char *directory, struct pv_files **files, struct pv_error *error)
{
    *files = calloc(1, sizeof **files);
    if (*files == NULL)
        return pv_error_nomem(error, "the server's files");
    (*files)->directory = directory;
    (*files)->fd = -1;
    pv_files_follow(*files);
    return PV_OK;
}

static void forget_answer(struct pv_served_file *file)
{
    if (file->answer != NULL)
        MHD_destroy_response(file->answer);
    *file = (struct pv_served_file){0};
}

static void forget(struct pv_files *files, struct entry *entry)
{
    files->cached -= entry->size;
    forget_answer(&entry->file);
    free(entry->path);
    memset(entry, 0, sizeof *entry);
}

void pv_files_destroy(struct pv_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < (size_t)SETS * WAYS; i++)
        forget(files, &files->entries[i / WAYS][i % WAYS]);
    forget_answer(&files->large);
    if (files->fd >= 0)
        close(files->fd);
    free(files);
}

void pv_files_follow(struct pv_files *files)
{
    struct stat named, opened;

    if (files->fd >= 0 && stat(files->directory, &named) == 0 && fstat(files->fd, &opened) == 0 &&
        named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
        return;
    if (files->fd >= 0)
        close(files->fd);
    files->fd = open(files->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_of(const struct entry *entry, const char *path, bool is_encoded)
{
    return entry->path != NULL && entry->is_encoded == is_encoded && strcmp(entry->path, path) == 0;
}

/* The place of the path, or the one to use for it: empty, or unused for the longest time. */
static struct entry *place_of(struct pv_files *files, const char *path, bool is_encoded)
{
    struct entry *set = files->entries[XXH3_64bits(path, strlen(path)) % SETS], *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (is_of(&set[i], path, is_encoded))
            return &set[i];
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    return oldest;
}

static void make_room(struct pv_files *files, size_t size)
{
    while (files->cached + size > CACHED_MAX) {
        struct entry *oldest = NULL;

        for (size_t i = 0; i < (size_t)SETS * WAYS; i++) {
            struct entry *entry = &files->entries[i / WAYS][i % WAYS];

            if (entry->path != NULL && (oldest == NULL || entry->used < oldest->used))
                oldest = entry;
        }
        if (oldest == NULL)
            return;
        forget(files, oldest);
    }
}

/* A file that is being opened. */
struct opening {
    struct pv_files *files;
    const char *path;
    bool is_encoded;
    int fd; /* -1: closed, or given away */
    struct stat found;
    struct pv_error *error;
};

static enum pv_status failed(const struct opening *opening, const char *doing)
{
    return pv_error_set(opening->error, PV_IO, "%s/%s: cannot %s it: %s", opening->files->directory,
                        opening->path, doing, strerror(errno));
}

/* Content that is read again while it changes is a foreign file's: its answer ends where it does.
 */
static struct content *read_content(const struct opening *opening, enum pv_status *status)
{
    size_t size = (size_t)opening->found.st_size, at = 0;
    struct content *content = malloc(sizeof *content + size + 1);
    ssize_t got = 1;

    if (content == NULL) {
        *status = pv_error_nomem(opening->error, "a file to serve");
        return NULL;
    }
    while (at < size && got > 0) {
        got = pread(opening->fd, content->bytes + at, size - at, (off_t)at);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            at += (size_t)got;
    }
    if (got < 0) {
        *status = failed(opening, "read");
        free(content);
        return NULL;
    }
    content->files = opening->files;
    content->size = at;
    return content;
}

/* An encoded file is of the type that it has decoded. */
static const struct pv_mime *type_of(const struct opening *opening)
{
    char decoded[PV_LAYOUT_PATH_SIZE + sizeof GZ];

    if (!opening->is_encoded)
        return pv_mime_of(opening->path);
    snprintf(decoded, sizeof decoded, "%.*s", (int)(strlen(opening->path) - strlen(GZ)),
             opening->path);
    return pv_mime_of(decoded);
}

/* Takes the response, also when it fails. */
static enum pv_status make_answer(const struct opening *opening, struct MHD_Response *response,
                                  struct pv_served_file *file)
{
    const struct pv_mime *mime = type_of(opening);
    struct pv_answer_head head = {
        .type = mime->type,
        .etag = file->etag,
        .modified_s = opening->found.st_mtim.tv_sec,
        .encoding = opening->is_encoded ? "gzip" : NULL,
        .varies = mime->may_be_gzip,
        .policy = mime->policy,
    };

    file->answer = response;
    file->modified_s = opening->found.st_mtim.tv_sec;
    if (response != NULL && pv_answer_dress(response, &head))
        return PV_OK;
    forget_answer(file);
    return pv_error_nomem(opening->error, "a file to serve");
}

static enum pv_status keep(struct opening *opening, struct entry *entry)
{
    struct pv_files *files = opening->files;
    struct MHD_Response *response;
    enum pv_status status;
    struct content *content = read_content(opening, &status);

    if (content == NULL)
        return status;
    pv_etag_of_content(content->bytes, content->size, entry->file.etag);
    (void)pv_snapshot_stamp_read(content->bytes, content->size, entry->file.generated_at);
    files->held += content->size;
    entry->size = content->size;
    files->cached += entry->size;
    response = MHD_create_response_from_buffer_with_free_callback_cls(content->size, content->bytes,
                                                                      free_content, content);
    if (response == NULL)
        free_content(content);
    status = make_answer(opening, response, &entry->file);
    entry->path = strdup(opening->path);
    entry->is_encoded = opening->is_encoded;
    entry->found = opening->found;
    if (status == PV_OK && entry->path == NULL)
        status = pv_error_nomem(opening->error, "a file to serve");
    if (status != PV_OK)
        forget(files, entry);
    return status;
}

/* The tag of a file that nobody reads whole is of what tells it from others. */
static enum pv_status send_from_file(struct opening *opening, struct pv_served_file *file)
{
    const struct stat *found = &opening->found;
    struct MHD_Response *response;
    char what[128];
    int length = snprintf(what, sizeof what, "%ju %ju %jd %jd %ld", (uintmax_t)found->st_dev,
                          (uintmax_t)found->st_ino, (intmax_t)found->st_size,
                          (intmax_t)found->st_mtim.tv_sec, found->st_mtim.tv_nsec);

    forget_answer(file);
    pv_etag_of_content(what, (size_t)length, file->etag);
    response = MHD_create_response_from_fd64((uint64_t)found->st_size, opening->fd);
    if (response != NULL)
        opening->fd = -1;
    return make_answer(opening, response, file);
}

static enum pv_status load(struct opening *opening, struct entry *entry,
                           const struct pv_served_file **file)
{
    struct pv_files *files = opening->files;
    size_t size = (size_t)opening->found.st_size;
    enum pv_status status;

    if (entry->path != NULL)
        forget(files, entry);
    if (size > FILE_MAX || files->held + size > HELD_MAX) {
        *file = &files->large;
        return send_from_file(opening, &files->large);
    }
    make_room(files, size);
    *file = &entry->file;
    status = keep(opening, entry);
    entry->used = ++files->uses;
    return status;
}

static bool is_missing(int why)
{
    return why == ENOENT || why == ENOTDIR || why == ELOOP || why == EXDEV || why == ENAMETOOLONG ||
           why == EACCES || why == ENXIO;
}

/* Exactly this file, from memory when it did not change. */
static enum pv_status find(struct pv_files *files, const char *path, bool is_encoded,
                           const struct pv_served_file **file, struct pv_error *error)
{
    struct opening opening = {files, path, is_encoded, -1, {0}, error};
    struct entry *entry = place_of(files, path, is_encoded);
    enum pv_status status = PV_OK;

    *file = NULL;
    if (files->fd < 0 || fstatat(files->fd, path, &opening.found, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(opening.found.st_mode))
        return PV_OK;
    if (is_of(entry, path, is_encoded) && is_same(&entry->found, &opening.found)) {
        entry->used = ++files->uses;
        *file = &entry->file;
        return PV_OK;
    }
    opening.fd = pv_beneath_open(files->fd, path);
    if (opening.fd < 0)
        return is_missing(errno) ? PV_OK : failed(&opening, "open");
    if (fstat(opening.fd, &opening.found) != 0)
        status = failed(&opening, "look at");
    else if (S_ISREG(opening.found.st_mode))
        status = load(&opening, entry, file);
    if (opening.fd >= 0)
        close(opening.fd);
    if (status != PV_OK)
        *file = NULL;
    return status;
}

enum pv_status pv_files_get(struct pv_files *files, const char *path, bool takes_gzip,
                            const struct pv_served_file **file, struct pv_error *error)
{
    char encoded[PV_LAYOUT_PATH_SIZE + sizeof GZ];
    const struct pv_served_file *other;
    enum pv_status status;

    if (files->fd < 0) /* it may have been made since */
        pv_files_follow(files);
    status = find(files, path, false, file, error);
    if (status != PV_OK || *file == NULL || !takes_gzip || !pv_mime_of(path)->may_be_gzip)
        return status;
    snprintf(encoded, sizeof encoded, "%s" GZ, path);
    status = find(files, encoded, true, &other, error);
    if (status == PV_OK && other != NULL)
        *file = other;
    else if (status == PV_OK)
        status = find(files, path, false, file, error); /* loading the other may have dropped it */
    return status;
}
