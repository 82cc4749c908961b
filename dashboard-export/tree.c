#define _DEFAULT_SOURCE /* d_type */

#include "dashboard-export/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 16, OPEN_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

struct walk {
    const struct pv_directory *directory;
    const struct pv_tree_visitor *visitor;
    bool deep;
};

static enum pv_status walk_below(const struct walk *walk, const char *relative, int depth,
                                 struct pv_error *error);

static bool is_directory(int fd, const struct dirent *entry)
{
    struct stat found;

    if (entry->d_type != DT_UNKNOWN) /* as some file systems have it */
        return entry->d_type == DT_DIR;
    return fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

static enum pv_status look_at(const struct walk *walk, const char *relative, int depth, int fd,
                              const struct dirent *entry, struct pv_error *error)
{
    const char *name = entry->d_name;
    char path[PV_LAYOUT_PATH_SIZE];
    enum pv_status status;
    int length;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return PV_OK;
    length = snprintf(path, sizeof path, "%s%s%s", strcmp(relative, ".") == 0 ? "" : relative,
                      strcmp(relative, ".") == 0 ? "" : "/", name);
    if (length < 0 || (size_t)length >= sizeof path)
        return PV_OK; /* none of ours is so long */
    if (!walk->deep || !is_directory(fd, entry))
        return walk->visitor->visit(walk->visitor->context, fd, path, name, error);
    if (depth >= DEPTH_MAX)
        return PV_OK;
    status = walk_below(walk, path, depth + 1, error);
    if (status == PV_OK && walk->visitor->leave != NULL)
        walk->visitor->leave(walk->visitor->context, fd, name);
    return status;
}

static enum pv_status walk_below(const struct walk *walk, const char *relative, int depth,
                                 struct pv_error *error)
{
    int fd = openat(walk->directory->fd, relative, OPEN_FLAGS | (depth > 0 ? O_NOFOLLOW : 0));
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    enum pv_status status = PV_OK;
    const struct dirent *entry;

    if (stream == NULL) {
        int why = errno;

        if (fd >= 0)
            close(fd);
        if (why == ENOENT)
            return PV_OK; /* nothing was written there yet */
        return pv_error_set(error, PV_IO, "%s/%s: cannot list it: %s", walk->directory->path,
                            relative, strerror(why));
    }
    while (status == PV_OK && (entry = readdir(stream)) != NULL)
        status = look_at(walk, relative, depth, fd, entry, error);
    closedir(stream);
    return status;
}

enum pv_status pv_tree_walk(const struct pv_directory *directory,
                            const struct pv_layout_directory *place,
                            const struct pv_tree_visitor *visitor, struct pv_error *error)
{
    const struct walk walk = {directory, visitor, place->deep};

    return walk_below(&walk, place->path, 0, error);
}
