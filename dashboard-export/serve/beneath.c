#define _GNU_SOURCE /* O_PATH, syscall */

#include "dashboard-export/serve/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dashboard-export/layout.h"

enum {
    FILE_FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
    DIRECTORY_FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
};

/* Closes `fd` and keeps errno. */
static void close_quietly(int fd)
{
    int why = errno;

    close(fd);
    errno = why;
}

int pv_beneath_walk(int directory, const char *path)
{
    char name[PV_LAYOUT_PATH_SIZE];
    int at = directory;

    for (;;) {
        size_t length = strcspn(path, "/");
        int next;

        if (length == 0 || length >= sizeof name || (length == 2 && memcmp(path, "..", 2) == 0)) {
            errno = length >= sizeof name ? ENAMETOOLONG : EXDEV;
            next = -1;
        } else {
            memcpy(name, path, length);
            name[length] = '\0';
            next = openat(at, name, path[length] == '/' ? DIRECTORY_FLAGS : FILE_FLAGS);
        }
        if (at != directory)
            close_quietly(at);
        if (next < 0 || path[length] == '\0')
            return next;
        at = next;
        path += length + 1;
    }
}

int pv_beneath_open(int directory, const char *path)
{
    const struct open_how how = {
        .flags = FILE_FLAGS,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);

    /* Filters answer a system call that they do not know with either. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return pv_beneath_walk(directory, path);
    return (int)fd;
}
