#define _GNU_SOURCE /* accept4, SO_MEMINFO */
#include "producer/syslog/receiver.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/log.h"
#include "producer/syslog/connection.h"
#include "producer/syslog/listen.h"

enum {
    EVENTS_MAX = 64,
    DATAGRAM_MAX = 65536,      /* UDP's own bound is below */
    DATAGRAMS_IN_A_TURN = 256, /* then the others have theirs */
    ACCEPTS_IN_A_TURN = 256,
    TEND_MS = 1000, /* how often silent connections are looked for */
};

enum kind { WAKE, UDP, LISTENER, CONNECTION };

/* What epoll watches. */
struct socket {
    enum kind kind;
    bool is_open, is_watched; /* open and not watched: waits for room, or for descriptors */
    int fd;
    struct pv_syslog_connection connection; /* of CONNECTION */
    uint32_t dropped; /* of UDP: what the kernel last said, counted from the socket's birth */
};

struct pv_syslog {
    struct pv_syslog_delivery delivery;
    struct pv_syslog_sockets sockets;
    struct socket wake, udp[PV_SYSLOG_ADDRESSES_MAX], listeners[PV_SYSLOG_ADDRESSES_MAX];
    struct socket connections[PV_SYSLOG_CONNECTIONS_MAX];
    int epoll;
    int64_t tend_ms;  /* when connections are to be looked after, monotonic */
    size_t unwatched; /* sockets that wait */
    bool is_started;
    pthread_t thread;
    atomic_bool ending;
    _Atomic int64_t idle_ms;
    char datagram[DATAGRAM_MAX];
};

static bool watch(struct pv_syslog *syslog, struct socket *socket)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = socket};

    socket->is_watched = epoll_ctl(syslog->epoll, EPOLL_CTL_ADD, socket->fd, &event) == 0;
    return socket->is_watched;
}

/* Something waits: it is looked after soon. */
static void note_unwatched(struct pv_syslog *syslog)
{
    int64_t soon_ms = pv_monotonic_ms() + PV_TAKE_RETRY_MS;

    syslog->unwatched++;
    if (syslog->tend_ms > soon_ms)
        syslog->tend_ms = soon_ms;
}

/* Taken out altogether: a socket that is watched for nothing still reports that its peer is gone.
 */
static void unwatch(struct pv_syslog *syslog, struct socket *socket)
{
    if (!socket->is_watched)
        return;
    (void)epoll_ctl(syslog->epoll, EPOLL_CTL_DEL, socket->fd, NULL);
    socket->is_watched = false;
    note_unwatched(syslog);
}

static void watch_again(struct pv_syslog *syslog, struct socket *socket)
{
    if (!socket->is_watched && watch(syslog, socket))
        syslog->unwatched--;
}

static void count_kernel_drops(struct pv_syslog *syslog, struct socket *udp)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof info;
    uint32_t more;

    if (getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0 ||
        size <= SK_MEMINFO_DROPS * sizeof info[0])
        return;
    more = info[SK_MEMINFO_DROPS] - udp->dropped; /* right beyond 2^32 as well */
    if (more == 0)
        return;
    udp->dropped = info[SK_MEMINFO_DROPS];
    pv_metric_add(&syslog->delivery.metrics->kernel_drops, more);
    pv_log(PV_LOG_WARN, "syslog_kernel_drops", PV_NUMBER("datagrams", more),
           PV_TEXT("advice", "UDP loses what comes faster than it is read: use TCP or a log file"));
}

/* True when there may be more. */
static bool receive_datagrams(struct pv_syslog *syslog, struct socket *udp)
{
    size_t left = DATAGRAMS_IN_A_TURN;

    while (left > 0) {
        ssize_t length = recv(udp->fd, syslog->datagram, sizeof syslog->datagram, 0);

        if (length < 0)
            break;
        pv_syslog_deliver(&syslog->delivery, syslog->datagram, (size_t)length, false);
        left--;
    }
    count_kernel_drops(syslog, udp);
    return left == 0;
}

static struct socket *find_free(struct pv_syslog *syslog)
{
    for (size_t i = 0; i < PV_SYSLOG_CONNECTIONS_MAX; i++) {
        if (!syslog->connections[i].is_open)
            return &syslog->connections[i];
    }
    return NULL;
}

static void refuse_connection(struct pv_syslog *syslog, int fd)
{
    close(fd);
    pv_metric_add(&syslog->delivery.metrics->connections_refused, 1);
    pv_log(PV_LOG_WARN, "syslog_connection_refused",
           PV_NUMBER("connections", PV_SYSLOG_CONNECTIONS_MAX),
           PV_TEXT("advice", "let senders share connections, through rsyslog for one"));
}

static void open_connection(struct pv_syslog *syslog, int fd)
{
    struct socket *socket = find_free(syslog);
    int on = 1;

    if (socket == NULL) {
        refuse_connection(syslog, fd);
        return;
    }
    /* A peer that lost its power never says that it is gone. */
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    *socket = (struct socket){.kind = CONNECTION, .is_open = true, .fd = fd};
    socket->connection.fd = fd;
    socket->connection.heard_ms = pv_monotonic_ms();
    pv_metric_add(&syslog->delivery.metrics->connections, 1);
    if (!watch(syslog, socket))
        note_unwatched(syslog);
}

static void close_connection(struct pv_syslog *syslog, struct socket *socket)
{
    if (!socket->is_watched)
        syslog->unwatched--;
    socket->is_open = false;
    pv_syslog_connection_end(&socket->connection, &syslog->delivery);
    pv_metric_add(&syslog->delivery.metrics->connections, -1);
}

static void accept_connections(struct pv_syslog *syslog, struct socket *listener)
{
    for (int i = 0; i < ACCEPTS_IN_A_TURN; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            open_connection(syslog, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pv_log(PV_LOG_ERROR, "syslog_cannot_accept", PV_TEXT("error", strerror(errno)),
                   PV_TEXT("advice", "raise LimitNOFILE or ulimit -n"));
            unwatch(syslog, listener); /* it would report the same at once, again and again */
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

/* A turn of one connection. True when there may be more. */
static bool serve_connection(struct pv_syslog *syslog, struct socket *socket)
{
    switch (pv_syslog_connection_serve(&socket->connection, &syslog->delivery)) {
    case PV_SYSLOG_TURN_OVER:
        return true;
    case PV_SYSLOG_TURN_WAITS:
        pv_metric_add(&syslog->delivery.metrics->waits, 1);
        unwatch(syslog, socket);
        return false;
    case PV_SYSLOG_TURN_ENDED:
        close_connection(syslog, socket);
        return false;
    case PV_SYSLOG_TURN_DRY:
        break;
    }
    return false;
}

static void serve(struct pv_syslog *syslog, struct socket *socket)
{
    switch (socket->kind) {
    case WAKE:
        break; /* the loop looks why */
    case UDP:
        receive_datagrams(syslog, socket);
        break;
    case LISTENER:
        accept_connections(syslog, socket);
        break;
    case CONNECTION:
        serve_connection(syslog, socket);
        break;
    }
}

/* Tries again what waits; closes a connection that was silent for too long. */
static void tend_connection(struct pv_syslog *syslog, struct socket *socket, int64_t now_ms)
{
    if (!socket->is_watched) {
        if (pv_syslog_connection_deliver(&socket->connection, &syslog->delivery))
            watch_again(syslog, socket);
        socket->connection.heard_ms = now_ms; /* it is we who do not listen */
    } else if (now_ms - socket->connection.heard_ms >= atomic_load(&syslog->idle_ms)) {
        pv_metric_add(&syslog->delivery.metrics->connections_idle, 1);
        close_connection(syslog, socket);
    }
}

static void tend(struct pv_syslog *syslog)
{
    int64_t now_ms = pv_monotonic_ms();

    if (now_ms < syslog->tend_ms)
        return;
    for (size_t i = 0; i < syslog->sockets.count; i++)
        watch_again(syslog, &syslog->listeners[i]);
    for (size_t i = 0; i < PV_SYSLOG_CONNECTIONS_MAX; i++) {
        if (syslog->connections[i].is_open)
            tend_connection(syslog, &syslog->connections[i], now_ms);
    }
    syslog->tend_ms = now_ms + (syslog->unwatched > 0 ? PV_TAKE_RETRY_MS : TEND_MS);
}

/* For epoll_wait: -1 when there is nothing to tend. */
static int time_to_tend(const struct pv_syslog *syslog)
{
    int64_t ms = syslog->tend_ms - pv_monotonic_ms();

    if (pv_metric_get(&syslog->delivery.metrics->connections) == 0 && syslog->unwatched == 0)
        return -1;
    return ms < 0 ? 0 : (int)ms;
}

/* What has arrived is taken before the end; what still comes then is not waited for. */
static void finish(struct pv_syslog *syslog)
{
    int64_t deadline_ms = pv_monotonic_ms() + PV_SYSLOG_FINISH_MS;

    syslog->delivery.finishing = true;
    for (size_t i = 0; i < syslog->sockets.count; i++) {
        accept_connections(syslog, &syslog->listeners[i]);
        while (receive_datagrams(syslog, &syslog->udp[i]) && pv_monotonic_ms() < deadline_ms)
            continue;
    }
    for (size_t i = 0; i < PV_SYSLOG_CONNECTIONS_MAX; i++) {
        struct socket *socket = &syslog->connections[i];

        if (!socket->is_open)
            continue;
        pv_syslog_connection_deliver(&socket->connection, &syslog->delivery);
        while (serve_connection(syslog, socket) && pv_monotonic_ms() < deadline_ms)
            continue;
        if (socket->is_open)
            close_connection(syslog, socket);
    }
}

static void *run(void *context)
{
    struct pv_syslog *syslog = context;
    struct epoll_event events[EVENTS_MAX];

    while (!atomic_load(&syslog->ending)) {
        int count = epoll_wait(syslog->epoll, events, EVENTS_MAX, time_to_tend(syslog));

        for (int i = 0; i < count; i++)
            serve(syslog, events[i].data.ptr);
        tend(syslog);
    }
    finish(syslog);
    return NULL;
}

static struct pv_syslog *make(pv_take_line take, void *context, struct pv_syslog_metrics *metrics)
{
    struct pv_syslog *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->delivery = (struct pv_syslog_delivery){take, context, metrics, false};
    made->epoll = -1;
    made->wake = (struct socket){.kind = WAKE, .fd = -1};
    atomic_init(&made->ending, false);
    atomic_init(&made->idle_ms, PV_SYSLOG_IDLE_MS);
    return made;
}

static enum pv_status watch_all(struct pv_syslog *syslog, struct pv_error *error)
{
    bool ok;

    syslog->epoll = epoll_create1(EPOLL_CLOEXEC);
    syslog->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ok = syslog->epoll >= 0 && syslog->wake.fd >= 0 && watch(syslog, &syslog->wake);
    for (size_t i = 0; i < syslog->sockets.count && ok; i++) {
        syslog->udp[i] = (struct socket){.kind = UDP, .fd = syslog->sockets.udp[i]};
        syslog->listeners[i] = (struct socket){.kind = LISTENER, .fd = syslog->sockets.tcp[i]};
        ok = watch(syslog, &syslog->udp[i]) && watch(syslog, &syslog->listeners[i]);
    }
    if (!ok)
        return pv_error_set(error, PV_IO, "--syslog: cannot wait for messages: %s",
                            strerror(errno));
    return PV_OK;
}

enum pv_status pv_syslog_new(const char *address, pv_take_line take, void *context,
                             struct pv_syslog_metrics *metrics, struct pv_syslog **syslog,
                             struct pv_error *error)
{
    struct pv_syslog *made = make(take, context, metrics);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the syslog receiver");
    status = pv_syslog_listen(address, &made->sockets, error);
    if (status == PV_OK)
        status = watch_all(made, error);
    if (status == PV_OK && pthread_create(&made->thread, NULL, run, made) != 0)
        status = pv_error_nomem(error, "the syslog receiver's thread");
    if (status != PV_OK) {
        pv_syslog_destroy(made);
        return status;
    }
    made->is_started = true;
    *syslog = made;
    return PV_OK;
}

static void wake(struct pv_syslog *syslog)
{
    uint64_t one = 1;
    ssize_t written = write(syslog->wake.fd, &one, sizeof one);

    (void)written; /* it fails only when the thread is to wake already */
}

void pv_syslog_set_idle_ms(struct pv_syslog *syslog, int64_t idle_ms)
{
    atomic_store(&syslog->idle_ms, idle_ms);
}

void pv_syslog_destroy(struct pv_syslog *syslog)
{
    if (syslog == NULL)
        return;
    if (syslog->is_started) {
        atomic_store(&syslog->ending, true);
        wake(syslog);
        pthread_join(syslog->thread, NULL);
    }
    if (syslog->wake.fd >= 0)
        close(syslog->wake.fd);
    if (syslog->epoll >= 0)
        close(syslog->epoll);
    pv_syslog_sockets_close(&syslog->sockets);
    free(syslog);
}
