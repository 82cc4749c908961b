#include "producer/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/log.h"
#include "pageview/stop.h"

struct pv_watch {
    int fd;           /* of inotify; -1: there is none */
    bool is_complete; /* all that was added is watched */
};

enum pv_status pv_watch_new(struct pv_watch **watch, struct pv_error *error)
{
    *watch = calloc(1, sizeof **watch);
    if (*watch == NULL)
        return pv_error_nomem(error, "a watch");
    (*watch)->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    (*watch)->is_complete = (*watch)->fd >= 0;
    if ((*watch)->fd < 0)
        pv_log(PV_LOG_WARN, "no_inotify", PV_TEXT("error", strerror(errno)),
               PV_TEXT("why", "logs are looked at every 50 ms instead"));
    return PV_OK;
}

void pv_watch_destroy(struct pv_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

/* The directory itself, or the one that a file is in. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
    struct stat info;
    char *slash;

    snprintf(directory, PATH_MAX, "%s", path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return;
    slash = strrchr(directory, '/');
    if (slash == NULL)
        snprintf(directory, PATH_MAX, ".");
    else
        slash[slash == directory] = '\0';
}

void pv_watch_add(struct pv_watch *watch, const char *path)
{
    char directory[PATH_MAX];

    if (watch->fd < 0)
        return;
    directory_of(path, directory);
    if (inotify_add_watch(watch->fd, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0 ||
        errno == ENOENT || errno == ENOTDIR)
        return;
    if (watch->is_complete)
        pv_log(PV_LOG_WARN, "no_inotify", PV_TEXT("directory", directory),
               PV_TEXT("error", strerror(errno)),
               PV_TEXT("why", "logs are looked at every 50 ms instead"));
    watch->is_complete = false;
}

static void forget_events(struct pv_watch *watch)
{
    char events[4096];

    while (read(watch->fd, events, sizeof events) > 0)
        continue;
}

void pv_watch_wait(struct pv_watch *watch, int64_t max_ms, int64_t gather_ms)
{
    struct pollfd readable[] = {{pv_stop_fd(), POLLIN, 0}, {watch->fd, POLLIN, 0}};
    int64_t look_ms = watch->is_complete ? PV_WATCH_SLOW_MS : PV_WATCH_POLL_MS;
    int64_t wait_ms = max_ms < look_ms ? max_ms : look_ms;
    int64_t until_ms = pv_monotonic_ms() + wait_ms;

    if (wait_ms <= 0 || poll(readable, 2, (int)wait_ms) <= 0 || readable[1].revents == 0)
        return;
    /* More is being written just now: one wake-up for all of it. */
    wait_ms = until_ms - pv_monotonic_ms();
    pv_stop_wait_ms(wait_ms < gather_ms ? wait_ms : gather_ms);
    forget_events(watch);
}
