#include "dashboard-export/serve/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pageview/buffer.h"

/* The server takes them many times a second; the exporter has one a round. */
enum { FILES_MAX = 4 };

struct pv_inbox {
    int fd;
    pthread_mutex_t lock;
    struct pv_buffer live, files[FILES_MAX];
    size_t files_count;
    bool missed; /* one did not fit */
    bool stops;
};

enum pv_status pv_inbox_new(struct pv_inbox **inbox, struct pv_error *error)
{
    struct pv_inbox *made = calloc(1, sizeof *made);
    int failure;

    if (made == NULL)
        return pv_error_nomem(error, "the server's events");
    made->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->fd < 0) {
        free(made);
        return pv_error_set(error, PV_IO, "the server: eventfd: %s", strerror(errno));
    }
    failure = pthread_mutex_init(&made->lock, NULL);
    if (failure != 0) {
        close(made->fd);
        free(made);
        return pv_error_set(error, PV_IO, "the server's lock: %s", strerror(failure));
    }
    *inbox = made;
    return PV_OK;
}

void pv_inbox_destroy(struct pv_inbox *inbox)
{
    if (inbox == NULL)
        return;
    pv_buffer_clean_up(&inbox->live);
    for (size_t i = 0; i < FILES_MAX; i++)
        pv_buffer_clean_up(&inbox->files[i]);
    pthread_mutex_destroy(&inbox->lock);
    close(inbox->fd);
    free(inbox);
}

int pv_inbox_fd(const struct pv_inbox *inbox)
{
    return inbox->fd;
}

void pv_inbox_wake(struct pv_inbox *inbox)
{
    const uint64_t one = 1;
    ssize_t written;

    do
        written = write(inbox->fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
}

static void replace(struct pv_inbox *inbox, struct pv_buffer *text, const char *json, size_t length)
{
    pv_buffer_reset(text);
    pv_buffer_add(text, json, length);
    inbox->missed = inbox->missed || text->failed;
}

void pv_inbox_live(struct pv_inbox *inbox, const char *json, size_t length)
{
    pthread_mutex_lock(&inbox->lock);
    replace(inbox, &inbox->live, json, length);
    pthread_mutex_unlock(&inbox->lock);
    pv_inbox_wake(inbox);
}

void pv_inbox_files(struct pv_inbox *inbox, const char *json, size_t length)
{
    pthread_mutex_lock(&inbox->lock);
    if (inbox->files_count < FILES_MAX)
        replace(inbox, &inbox->files[inbox->files_count++], json, length);
    else
        inbox->missed = true;
    pthread_mutex_unlock(&inbox->lock);
    pv_inbox_wake(inbox);
}

void pv_inbox_stop(struct pv_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->stops = true;
    pthread_mutex_unlock(&inbox->lock);
    pv_inbox_wake(inbox);
}

/* With the lock. */
static void take_all(struct pv_inbox *inbox, struct pv_events *events)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < inbox->files_count && status == PV_OK; i++)
        status = pv_events_add_files(events, inbox->files[i].data, inbox->files[i].length, NULL);
    if (inbox->live.length > 0 && status == PV_OK)
        status = pv_events_add_live(events, inbox->live.data, inbox->live.length, NULL);
    if (status != PV_OK || inbox->missed)
        pv_events_miss(events);
    inbox->missed = false;
    inbox->files_count = 0;
    pv_buffer_reset(&inbox->live);
}

bool pv_inbox_take(struct pv_inbox *inbox, struct pv_events *events)
{
    uint64_t count;
    ssize_t got;
    bool stops;

    do
        got = read(inbox->fd, &count, sizeof count);
    while (got < 0 && errno == EINTR);
    pthread_mutex_lock(&inbox->lock);
    take_all(inbox, events);
    stops = inbox->stops;
    pthread_mutex_unlock(&inbox->lock);
    return !stops;
}
