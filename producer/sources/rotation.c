#include "producer/sources/rotation.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Length of the suffix without a ".gz". */
static size_t stem_length(const char *suffix)
{
    size_t length = strlen(suffix);

    return length > 3 && strcmp(suffix + length - 3, ".gz") == 0 ? length - 3 : length;
}

bool pv_log_suffix_is_rotated(const char *suffix)
{
    size_t length = stem_length(suffix);

    if (length < 2 || (suffix[0] != '.' && suffix[0] != '-') || suffix[1] < '0' || suffix[1] > '9')
        return false;
    return strspn(suffix, "0123456789.-_:TZ") >= length;
}

/* A rotation number has few digits, a date has many. */
static bool is_number(const char *suffix)
{
    size_t digits = strspn(suffix + 1, "0123456789");

    return digits == stem_length(suffix) - 1 && digits < 6;
}

int pv_log_suffix_compare(const char *a, const char *b)
{
    size_t a_length = stem_length(a), b_length = stem_length(b);
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order;

    if (is_number(a) && is_number(b)) {
        long left = strtol(a + 1, NULL, 10), right = strtol(b + 1, NULL, 10);
        return (left < right) - (left > right);
    }
    order = strncmp(a, b, shorter);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

struct listing {
    char *directory;
    const char *name; /* of the live file in it */
    struct pv_log_files *files;
};

static enum pv_status add_file(const struct listing *listing, const char *name, bool is_live,
                               struct pv_error *error)
{
    struct pv_log_files *files = listing->files;
    size_t size = strlen(listing->directory) + strlen(name) + 2;
    struct pv_log_file *items = realloc(files->items, (files->count + 1) * sizeof *items);

    if (items == NULL)
        return pv_error_nomem(error, "the list of log files");
    files->items = items;
    items[files->count].path = malloc(size);
    if (items[files->count].path == NULL)
        return pv_error_nomem(error, "the list of log files");
    snprintf(items[files->count].path, size, "%s/%s", listing->directory, name);
    items[files->count].suffix =
        items[files->count].path + size - 1 - strlen(name) + strlen(listing->name);
    items[files->count++].is_live = is_live;
    return PV_OK;
}

/* While access.log.1 is being compressed, access.log.1.gz stands beside it, unfinished. */
static bool has_plain_twin(const struct listing *listing, const char *name)
{
    size_t length = strlen(name);
    char path[4096];
    struct stat info;

    if (length < 3 || strcmp(name + length - 3, ".gz") != 0)
        return false;
    snprintf(path, sizeof path, "%s/%.*s", listing->directory, (int)(length - 3), name);
    return stat(path, &info) == 0;
}

static enum pv_status list_directory(const struct listing *listing, struct pv_error *error)
{
    size_t name_length = strlen(listing->name);
    DIR *directory = opendir(listing->directory);
    enum pv_status status = PV_OK;
    const struct dirent *entry;

    if (directory == NULL)
        return pv_error_set(error, PV_IO, "%s: cannot read the directory: %s", listing->directory,
                            strerror(errno));
    while (status == PV_OK && (entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, listing->name, name_length) != 0)
            continue;
        if (entry->d_name[name_length] == '\0')
            status = add_file(listing, entry->d_name, true, error);
        else if (pv_log_suffix_is_rotated(entry->d_name + name_length) &&
                 !has_plain_twin(listing, entry->d_name))
            status = add_file(listing, entry->d_name, false, error);
    }
    closedir(directory);
    return status;
}

static int compare_files(const void *a, const void *b)
{
    const struct pv_log_file *left = a, *right = b;

    if (left->is_live || right->is_live)
        return (int)left->is_live - (int)right->is_live;
    return pv_log_suffix_compare(left->suffix, right->suffix);
}

enum pv_status pv_log_files_list(const char *path, struct pv_log_files *files,
                                 struct pv_error *error)
{
    const char *slash = strrchr(path, '/');
    struct listing listing = {NULL, slash != NULL ? slash + 1 : path, files};
    enum pv_status status;

    *files = (struct pv_log_files){0};
    listing.directory = slash == NULL   ? strdup(".")
                        : slash == path ? strdup("/")
                                        : strndup(path, (size_t)(slash - path));
    if (listing.directory == NULL)
        return pv_error_nomem(error, "the list of log files");
    status = list_directory(&listing, error);
    free(listing.directory);
    if (status != PV_OK)
        pv_log_files_clean_up(files);
    else if (files->count > 1)
        qsort(files->items, files->count, sizeof *files->items, compare_files);
    return status;
}

void pv_log_files_clean_up(struct pv_log_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].path);
    free(files->items);
    *files = (struct pv_log_files){0};
}
