/* Connections come and go: libmicrohttpd's callbacks for that, and the thread that runs it. */
#include "dashboard-export/serve/server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dashboard-export/serve/parts.h"
#include "pageview/address.h"
#include "pageview/clock.h"

enum {
    TICK_MS = 250,
    LOOK_MS = 1000,
    DRAIN_MS = 2000,
    STALLED_S = 30, /* for a client to take or to send a byte */
    CONNECTION_MEMORY = 16384,
    OTHERS_FILES = 128,
    CONNECTIONS_LEAST = 64,
};

struct pv_web_server {
    struct pv_server parts;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    pthread_t thread;
    bool has_thread;
    int64_t ticked_ms, looked_ms;
};

struct pv_connection *pv_server_connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

void pv_server_suspend(struct pv_connection *connection)
{
    connection->is_suspended = true;
    MHD_suspend_connection(connection->mhd);
}

void pv_server_resume(struct pv_connection *connection)
{
    connection->is_suspended = false;
    MHD_resume_connection(connection->mhd);
}

static bool read_peer(struct MHD_Connection *mhd, struct pv_connection *connection)
{
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (address == NULL || fd == NULL)
        return false;
    connection->fd = fd->connect_fd;
    return pv_peer_of(address->client_addr, &connection->peer);
}

static void shut(struct pv_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    pv_connection_enter(connection, PV_CONNECTION_CLOSING, 0);
}

static void begin(struct pv_server *server, struct MHD_Connection *mhd, void **context)
{
    struct pv_connection *connection = calloc(1, sizeof *connection), *closed;

    *context = NULL;
    if (connection == NULL || !read_peer(mhd, connection)) {
        free(connection);
        return;
    }
    connection->mhd = mhd;
    connection->server = server;
    closed = pv_connections_add(&server->connections, connection, pv_monotonic_ms());
    if (closed != NULL)
        shut(closed);
    pv_metric_set(&server->metrics->connections, (int64_t)server->connections.count);
    *context = connection;
}

static void end(struct pv_server *server, struct pv_connection *connection)
{
    if (connection == NULL)
        return;
    pv_connections_remove(&server->connections, connection);
    pv_metric_set(&server->metrics->connections, (int64_t)server->connections.count);
    free(connection);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        begin(context, mhd, socket_context);
    else
        end(context, *socket_context);
}

/* An address that has twice its share is not even told so. */
static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t length)
{
    const struct pv_server *server = context;
    struct pv_peer peer;

    (void)length;
    return pv_peer_of(address, &peer) && pv_connections_of(&server->connections, &peer) <
                                             2 * (size_t)PV_CONNECTIONS_PER_ADDRESS
               ? MHD_YES
               : MHD_NO;
}

/* target.h takes escapes apart. */
static size_t keep_escapes(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct pv_connection *connection = *request;

    (void)mhd;
    (void)code;
    if (connection == NULL)
        return;
    if (connection->phase == PV_CONNECTION_EVENTS)
        pv_stream_end(context, connection);
    connection->discarded = 0;
    if (connection->phase != PV_CONNECTION_CLOSING)
        pv_connection_enter(connection, PV_CONNECTION_REQUEST, pv_monotonic_ms());
}

/* As many as wanted, or as descriptors allow. */
static size_t within_descriptors(size_t connections)
{
    struct rlimit files;
    rlim_t wanted = connections + OTHERS_FILES;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return connections;
    if (files.rlim_max > files.rlim_cur) {
        const struct rlimit more = {files.rlim_max < wanted ? files.rlim_max : wanted,
                                    files.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            files = more;
    }
    if (files.rlim_cur >= wanted)
        return connections;
    return files.rlim_cur > OTHERS_FILES + CONNECTIONS_LEAST ? (size_t)files.rlim_cur - OTHERS_FILES
                                                             : CONNECTIONS_LEAST;
}

static struct MHD_Daemon *start_daemon(struct pv_server *server, const struct sockaddr *address)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0U);

    return MHD_start_daemon(
        flags, 0, on_accept, server, pv_server_request, server, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->connections.most,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)STALLED_S, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
}

static enum pv_status listen_at(struct pv_web_server *server, const char *address,
                                struct pv_error *error)
{
    const union MHD_DaemonInfo *info;
    struct addrinfo *found = NULL;
    enum pv_status status = pv_address_resolve("serve", address, &found, error);

    if (status != PV_OK)
        return status;
    errno = 0;
    server->daemon = start_daemon(&server->parts, found->ai_addr);
    freeaddrinfo(found);
    if (server->daemon == NULL)
        return pv_error_set(error, PV_INVALID,
                            "--serve=%s: cannot listen there (%s): is another program using the "
                            "port?",
                            address, strerror(errno));
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return pv_error_set(error, PV_IO, "--serve=%s: libmicrohttpd has no epoll", address);
    server->epoll_fd = info->epoll_fd;
    return PV_OK;
}

/* How long nothing has to be done. */
static int wait_ms(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG ms;

    return MHD_get_timeout(daemon, &ms) == MHD_YES && ms < TICK_MS ? (int)ms : TICK_MS;
}

/* Lets those go on that wait for Redis: it has answered something, or they have waited enough. */
static void wake_live(struct pv_server *server, bool all, int64_t now_ms)
{
    for (struct pv_connection *at = server->connections.first; at != NULL; at = at->next)
        if (at->phase == PV_CONNECTION_LIVE && at->is_suspended &&
            (all || pv_connection_is_late(at, now_ms)))
            pv_server_resume(at);
}

static void tick(struct pv_web_server *server, int64_t now_ms)
{
    struct pv_server *parts = &server->parts;

    for (struct pv_connection *at = parts->connections.first; at != NULL; at = at->next)
        if (at->phase != PV_CONNECTION_LIVE && pv_connection_is_late(at, now_ms))
            shut(at);
    wake_live(parts, false, now_ms);
    pv_stream_wake(parts, now_ms);
    server->ticked_ms = now_ms;
    if (now_ms - server->looked_ms < LOOK_MS)
        return;
    server->looked_ms = now_ms;
    pv_stream_look(parts);
    pv_files_follow(parts->files);
}

/* One turn: what has come is read and answered. False when a stop was asked for. */
static bool turn(struct pv_web_server *server)
{
    struct pv_server *parts = &server->parts;
    struct pollfd fds[] = {{server->epoll_fd, POLLIN, 0}, {pv_inbox_fd(parts->inbox), POLLIN, 0}};
    int64_t now_ms;
    bool goes_on = true;

    poll(fds, 2, wait_ms(server->daemon));
    now_ms = pv_monotonic_ms();
    if (fds[1].revents != 0) {
        goes_on = pv_inbox_take(parts->inbox, &parts->events);
        wake_live(parts, true, now_ms);
        pv_stream_wake(parts, now_ms);
    }
    if (now_ms - server->ticked_ms >= TICK_MS)
        tick(server, now_ms);
    MHD_run(server->daemon);
    return goes_on;
}

/* An idle connection is none. */
static bool is_busy(const struct pv_server *server)
{
    for (const struct pv_connection *at = server->connections.first; at != NULL; at = at->next)
        if (at->is_suspended || at->phase == PV_CONNECTION_ANSWER ||
            at->phase == PV_CONNECTION_LIVE || at->phase == PV_CONNECTION_EVENTS)
            return true;
    return false;
}

/* Takes no more connections, ends the events, and answers what it has begun. libmicrohttpd must not
 * be stopped while a connection is suspended. */
static void drain(struct pv_web_server *server)
{
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    int64_t until_ms = pv_monotonic_ms() + DRAIN_MS;

    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    server->parts.is_ending = true;
    pv_stream_wake(&server->parts, pv_monotonic_ms());
    while (is_busy(&server->parts) && pv_monotonic_ms() < until_ms)
        (void)turn(server);
    for (struct pv_connection *at = server->parts.connections.first; at != NULL; at = at->next)
        if (at->is_suspended)
            pv_server_resume(at);
}

static void *serve_until_stopped(void *context)
{
    struct pv_web_server *server = context;

    while (turn(server))
        continue;
    drain(server);
    return NULL;
}

static void on_read(void *context)
{
    pv_inbox_wake(context);
}

static void on_live(void *context, const char *json, size_t length)
{
    pv_inbox_live(context, json, length);
}

static enum pv_status make_parts(const struct pv_dashboard_options *options,
                                 struct pv_server *parts, struct pv_error *error)
{
    struct pv_live_sink sink = {on_read, on_live, NULL};
    enum pv_status status;

    parts->connections.most = within_descriptors(PV_SERVER_CONNECTIONS);
    status = pv_inbox_new(&parts->inbox, error);
    sink.context = parts->inbox;
    if (status == PV_OK)
        status = pv_files_new(options->out, &parts->files, error);
    if (status == PV_OK)
        status = pv_live_source_new(&options->redis, &sink, &parts->live, error);
    return status;
}

enum pv_status pv_web_server_new(const struct pv_dashboard_options *options,
                                 struct pv_server_metrics *metrics, struct pv_web_server **server,
                                 struct pv_error *error)
{
    struct pv_web_server *made;
    enum pv_status status;
    int failure;

    *server = NULL;
    if (options->serve == NULL)
        return PV_OK;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "the server");
    made->parts.metrics = metrics;
    status = make_parts(options, &made->parts, error);
    if (status == PV_OK)
        status = listen_at(made, options->serve, error);
    if (status == PV_OK) {
        failure = pthread_create(&made->thread, NULL, serve_until_stopped, made);
        made->has_thread = failure == 0;
        if (failure != 0)
            status = pv_error_set(error, PV_IO, "the server's thread: %s", strerror(failure));
    }
    if (status != PV_OK) {
        pv_web_server_destroy(made);
        return status;
    }
    *server = made;
    return PV_OK;
}

void pv_web_server_destroy(struct pv_web_server *server)
{
    if (server == NULL)
        return;
    if (server->has_thread) {
        pv_inbox_stop(server->parts.inbox);
        pthread_join(server->thread, NULL);
    }
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    pv_live_source_destroy(server->parts.live);
    pv_events_clean_up(&server->parts.events);
    pv_files_destroy(server->parts.files);
    pv_inbox_destroy(server->parts.inbox);
    free(server);
}

void pv_web_server_tell_files(struct pv_web_server *server, const char *json, size_t length)
{
    pv_inbox_files(server->parts.inbox, json, length);
}
