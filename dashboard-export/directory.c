#include "dashboard-export/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/io_error.h"
#include "dashboard-export/layout.h"
#include "dashboard-export/tree.h"
#include "pageview/log.h"

enum { DIRECTORY_MODE = 0755, OPEN_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

void pv_directory_init(struct pv_directory *directory, const char *path)
{
    *directory = (struct pv_directory){.path = path, .fd = -1};
}

void pv_directory_clean_up(struct pv_directory *directory)
{
    if (directory->fd >= 0)
        close(directory->fd);
    directory->fd = -1;
}

static bool is_still_there(const struct pv_directory *directory)
{
    struct stat open_now, named;

    return directory->fd >= 0 && fstat(directory->fd, &open_now) == 0 &&
           stat(directory->path, &named) == 0 && open_now.st_dev == named.st_dev &&
           open_now.st_ino == named.st_ino;
}

/* Only names of ours are touched: people put other files beside the snapshots. */
static enum pv_status remove_temporary(void *context, int fd, const char *path, const char *name,
                                       struct pv_error *error)
{
    (void)context;
    (void)error;
    if (pv_layout_is_temporary(name) && unlinkat(fd, name, 0) == 0)
        pv_log(PV_LOG_INFO, "removed_unfinished", PV_TEXT("file", path));
    return PV_OK;
}

static void remove_temporaries(const struct pv_directory *directory)
{
    static const struct pv_tree_visitor visitor = {.visit = remove_temporary};
    const struct pv_layout_directory *place;
    struct pv_error error;

    for (place = pv_layout_directories; place->path != NULL; place++)
        if (pv_tree_walk(directory, place, &visitor, &error) != PV_OK)
            pv_log(PV_LOG_DEBUG, "not_listed", PV_TEXT("error", error.text));
}

enum pv_status pv_directory_open(struct pv_directory *directory, struct pv_error *error)
{
    if (is_still_there(directory))
        return PV_OK;
    pv_directory_clean_up(directory);
    if (mkdir(directory->path, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return pv_error_set(error, PV_IO, "--out=%s: cannot create it: %s%s", directory->path,
                            strerror(errno), pv_io_advice(errno));
    directory->fd = open(directory->path, OPEN_FLAGS);
    if (directory->fd < 0)
        return pv_error_set(error, PV_IO, "--out=%s: %s%s", directory->path, strerror(errno),
                            pv_io_advice(errno));
    /* Some network file systems have no such locks; they are no reason to stop. */
    if (flock(directory->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        pv_directory_clean_up(directory);
        return pv_error_set(error, PV_IO,
                            "--out=%s: another pv-dashboard-export writes there: end it, or give "
                            "this one another directory",
                            directory->path);
    }
    directory->opening++;
    remove_temporaries(directory); /* where it cannot, writing will say what is wrong */
    return PV_OK;
}

/* Creates each directory on the way to `relative`, and itself. */
static void create_below(const struct pv_directory *directory, const char *relative)
{
    char path[PV_LAYOUT_PATH_SIZE];

    for (const char *slash = strchr(relative, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - relative), relative);
        mkdirat(directory->fd, path, DIRECTORY_MODE);
    }
    mkdirat(directory->fd, relative, DIRECTORY_MODE);
}

enum pv_status pv_directory_open_below(const struct pv_directory *directory, const char *relative,
                                       int *fd, struct pv_error *error)
{
    *fd = openat(directory->fd, relative, OPEN_FLAGS);
    if (*fd < 0 && errno == ENOENT) {
        create_below(directory, relative);
        *fd = openat(directory->fd, relative, OPEN_FLAGS);
    }
    if (*fd < 0)
        return pv_io_failed(directory, relative, "create or open", error);
    return PV_OK;
}
