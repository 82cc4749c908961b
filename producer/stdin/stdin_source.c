#include "producer/stdin/stdin_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/log.h"
#include "producer/syslog/framing.h"

/* What the thread is to do; it only ever goes on in this order. */
enum phase { READING, DRAINING, STOPPING };

struct pv_stdin {
    int fd;
    pv_take_line take;
    void *context;
    struct pv_stdin_metrics *metrics;
    struct pv_framing lines;
    bool has_ended;  /* the stream */
    bool has_failed; /* that is why it ended */
    int wake;        /* an eventfd, written with each change of the phase */
    pthread_t thread;
    pthread_mutex_t lock; /* phase, deadline, done */
    pthread_cond_t is_done;
    enum phase phase;
    int64_t deadline_ms; /* when nothing is waited for any more, monotonic; once not READING */
    bool done;
    atomic_bool at_end;
};

static enum phase get_phase(struct pv_stdin *source, int64_t *deadline_ms)
{
    enum phase phase;

    pthread_mutex_lock(&source->lock);
    phase = source->phase;
    *deadline_ms = source->deadline_ms;
    pthread_mutex_unlock(&source->lock);
    return phase;
}

static void set_phase(struct pv_stdin *source, enum phase phase)
{
    uint64_t one = 1;
    ssize_t written;

    pthread_mutex_lock(&source->lock);
    if (source->phase == READING)
        source->deadline_ms = pv_monotonic_ms() + PV_STDIN_DRAIN_MS;
    source->phase = phase;
    pthread_mutex_unlock(&source->lock);
    written = write(source->wake, &one, sizeof one);
    (void)written; /* it fails only when the thread is to wake already */
}

static void forget_wake(struct pv_stdin *source)
{
    uint64_t count;
    ssize_t got = read(source->wake, &count, sizeof count);

    (void)got; /* whatever it says: the phase is looked at next */
}

static bool is_over(struct pv_stdin *source)
{
    int64_t deadline_ms;

    return get_phase(source, &deadline_ms) != READING && pv_monotonic_ms() >= deadline_ms;
}

/* Pauses before a line is tried again. */
static void wait_for_room(struct pv_stdin *source)
{
    struct pollfd wake = {source->wake, POLLIN, 0};

    if (poll(&wake, 1, PV_TAKE_RETRY_MS) > 0)
        forget_wake(source);
}

/* Until the line is taken, or time is over. */
static void deliver(struct pv_stdin *source, const char *line, size_t length)
{
    bool waits = false;

    while (source->take(source->context, line, length) == PV_TAKE_FULL) {
        if (is_over(source)) {
            pv_metric_add(&source->metrics->lost, 1);
            pv_log(PV_LOG_ERROR, "stdin_lost",
                   PV_TEXT("why", "no room for a line until the program had to end"));
            return;
        }
        if (!waits)
            pv_metric_add(&source->metrics->waits, 1);
        waits = true;
        wait_for_room(source);
    }
    pv_metric_add(&source->metrics->lines, 1);
    pv_metric_add(&source->metrics->bytes, (int64_t)length);
}

static void deliver_lines(struct pv_stdin *source)
{
    const char *line;
    size_t length;

    for (;;) {
        switch (pv_framing_next(&source->lines, &line, &length)) {
        case PV_FRAME_NONE:
            return;
        case PV_FRAME_TOO_LONG:
            pv_metric_add(&source->metrics->too_long, 1);
            pv_log(PV_LOG_WARN, "stdin_line_too_long", PV_NUMBER("max_bytes", PV_TAKE_LINE_MAX));
            break;
        case PV_FRAME_MESSAGE:
            deliver(source, line, length);
            pv_framing_take(&source->lines);
            break;
        }
    }
}

/* Half a line: at the end of the stream it is all that there is of it, before that it is torn. */
static void deliver_rest(struct pv_stdin *source)
{
    const char *line;
    size_t length;

    if (!pv_framing_has_rest(&source->lines, &line, &length))
        return;
    if (source->has_ended && !source->has_failed)
        deliver(source, line, length);
    else
        pv_metric_add(&source->metrics->cut_off, 1);
}

/* One read of what is there. */
static void read_some(struct pv_stdin *source)
{
    size_t room;
    char *to = pv_framing_room(&source->lines, &room);
    ssize_t length = to == NULL ? -1 : read(source->fd, to, room);

    if (to == NULL)
        errno = ENOMEM;
    if (length > 0) {
        pv_framing_added(&source->lines, (size_t)length);
    } else if (length == 0) {
        source->has_ended = true;
    } else if (errno != EINTR && errno != EAGAIN) {
        source->has_ended = true;
        source->has_failed = true;
        pv_log(PV_LOG_ERROR, "stdin_failed", PV_TEXT("error", strerror(errno)));
    }
}

/* Waits until there is something to read or to do. False when reading is over. */
static bool wait_for_input(struct pv_stdin *source)
{
    struct pollfd waits[2] = {{source->fd, POLLIN, 0}, {source->wake, POLLIN, 0}};
    int64_t deadline_ms, left_ms;
    enum phase phase = get_phase(source, &deadline_ms);

    left_ms = deadline_ms - pv_monotonic_ms();
    if (source->has_ended || phase == STOPPING || (phase == DRAINING && left_ms <= 0))
        return false;
    if (poll(waits, 2, phase == READING ? -1 : (int)left_ms) <= 0)
        return true;
    if (waits[1].revents != 0)
        forget_wake(source);
    if (waits[0].revents != 0)
        read_some(source);
    return true;
}

static void *run(void *context)
{
    struct pv_stdin *source = context;

    while (wait_for_input(source))
        deliver_lines(source);
    deliver_rest(source);
    atomic_store(&source->at_end, source->has_ended);
    pthread_mutex_lock(&source->lock);
    source->done = true;
    pthread_cond_signal(&source->is_done);
    pthread_mutex_unlock(&source->lock);
    return NULL;
}

static enum pv_status check_readable(int fd, struct pv_error *error)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
        return pv_error_set(error, PV_INVALID,
                            "--stdin: descriptor %d cannot be read: start the program with lines "
                            "on its standard input",
                            fd);
    return PV_OK;
}

static void free_source(struct pv_stdin *source)
{
    if (source->wake >= 0)
        close(source->wake);
    pv_framing_clean_up(&source->lines);
    pthread_cond_destroy(&source->is_done);
    pthread_mutex_destroy(&source->lock);
    free(source);
}

enum pv_status pv_stdin_new(int fd, pv_take_line take, void *context,
                            struct pv_stdin_metrics *metrics, struct pv_stdin **source,
                            struct pv_error *error)
{
    enum pv_status status = check_readable(fd, error);
    struct pv_stdin *made;

    if (status != PV_OK)
        return status;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "the reader of standard input");
    made->fd = fd;
    made->take = take;
    made->context = context;
    made->metrics = metrics;
    made->lines.lines_only = true;
    atomic_init(&made->at_end, false);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->is_done, NULL);
    made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->wake < 0)
        status = pv_error_set(error, PV_IO, "--stdin: no eventfd: %s", strerror(errno));
    else if (pthread_create(&made->thread, NULL, run, made) != 0)
        status = pv_error_nomem(error, "the thread that reads standard input");
    if (status != PV_OK) {
        free_source(made);
        return status;
    }
    *source = made;
    return PV_OK;
}

bool pv_stdin_at_end(const struct pv_stdin *source)
{
    return atomic_load(&source->at_end);
}

void pv_stdin_drain(struct pv_stdin *source)
{
    set_phase(source, DRAINING);
    pthread_mutex_lock(&source->lock);
    while (!source->done)
        pthread_cond_wait(&source->is_done, &source->lock);
    pthread_mutex_unlock(&source->lock);
}

void pv_stdin_destroy(struct pv_stdin *source)
{
    if (source == NULL)
        return;
    set_phase(source, STOPPING);
    pthread_join(source->thread, NULL);
    free_source(source);
}

size_t pv_stdin_metrics_table(const struct pv_stdin_metrics *m,
                              struct pv_metric rows[PV_STDIN_METRIC_ROWS])
{
    const struct pv_metric table[PV_STDIN_METRIC_ROWS] = {
        {"pv_producer_stdin_lines_total", "counter", NULL, NULL,
         "Lines of standard input that were taken.", &m->lines},
        {"pv_producer_stdin_bytes_total", "counter", NULL, NULL, "Their bytes.", &m->bytes},
        {"pv_producer_stdin_too_long_total", "counter", NULL, NULL,
         "Lines over 64 KiB, which were skipped.", &m->too_long},
        {"pv_producer_stdin_cut_off_total", "counter", NULL, NULL,
         "Half lines when reading was stopped.", &m->cut_off},
        {"pv_producer_stdin_lost_total", "counter", NULL, NULL,
         "Lines for which there was no room until the end.", &m->lost},
        {"pv_producer_stdin_waits_total", "counter", NULL, NULL,
         "Times that the writer was held back for want of room.", &m->waits},
    };

    memcpy(rows, table, sizeof table);
    return PV_STDIN_METRIC_ROWS;
}
