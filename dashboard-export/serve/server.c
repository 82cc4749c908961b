/* What the server does in turns: clients that wait are woken, and those that had their time end. */
#include "dashboard-export/serve/server.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "dashboard-export/serve/parts.h"
#include "pageview/clock.h"

enum {
    TICK_MS = 250,
    LOOK_MS = 1000,
    STALLED_S = 30, /* for a client to take or to send a byte */
    OTHERS_FILES = 128,
};

void pv_server_suspend(struct pv_connection *connection)
{
    connection->is_suspended = true;
    MHD_suspend_connection(connection->client.mhd);
}

void pv_server_resume(struct pv_connection *connection)
{
    connection->is_suspended = false;
    MHD_resume_connection(connection->client.mhd);
}

static bool is_unlimited(void *context, const struct pv_ip *ip)
{
    (void)context;
    return pv_ip_is_local(ip);
}

static void on_completed(void *context, struct pv_http_client *client)
{
    if (client->phase == PV_CONNECTION_EVENTS)
        pv_stream_end(context, pv_connection_of(client));
    pv_connection_of(client)->discarded = 0;
    if (client->phase != PV_HTTP_CLOSING)
        pv_http_client_enter(client, PV_HTTP_REQUEST, pv_monotonic_ms());
}

/* How long nothing has to be done. */
static int wait_ms(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG ms;

    return MHD_get_timeout(daemon, &ms) == MHD_YES && ms < TICK_MS ? (int)ms : TICK_MS;
}

/* Lets those go on that wait for Redis: it has answered something, or they have waited enough. */
static void wake_live(struct pv_web_server *server, bool all, int64_t now_ms)
{
    for (struct pv_http_client *at = server->http.clients.first; at != NULL; at = at->next)
        if (at->phase == PV_CONNECTION_LIVE && pv_connection_of(at)->is_suspended &&
            (all || pv_connection_is_late(at, now_ms)))
            pv_server_resume(pv_connection_of(at));
}

static void tick(struct pv_web_server *server, int64_t now_ms)
{
    for (struct pv_http_client *at = server->http.clients.first; at != NULL; at = at->next)
        if (at->phase != PV_CONNECTION_LIVE && pv_connection_is_late(at, now_ms))
            pv_http_client_shut(at);
    wake_live(server, false, now_ms);
    pv_stream_wake(server, now_ms);
    server->ticked_ms = now_ms;
    if (now_ms - server->looked_ms < LOOK_MS)
        return;
    server->looked_ms = now_ms;
    pv_stream_look(server);
    pv_files_follow(server->files);
}

/* One turn: what has come is read and answered. False when a stop was asked for. */
static bool turn(void *context)
{
    struct pv_web_server *server = context;
    struct pollfd fds[] = {{server->epoll_fd, POLLIN, 0}, {pv_inbox_fd(server->inbox), POLLIN, 0}};
    int64_t now_ms;
    bool goes_on = true;

    poll(fds, 2, wait_ms(server->http.daemon));
    now_ms = pv_monotonic_ms();
    if (fds[1].revents != 0) {
        goes_on = pv_inbox_take(server->inbox, &server->events);
        wake_live(server, true, now_ms);
        pv_stream_wake(server, now_ms);
    }
    if (now_ms - server->ticked_ms >= TICK_MS)
        tick(server, now_ms);
    MHD_run(server->http.daemon);
    return goes_on;
}

static void end_events(void *context)
{
    ((struct pv_web_server *)context)->is_ending = true;
    pv_stream_wake(context, pv_monotonic_ms());
}

/* An idle connection is none. */
static bool is_busy(const struct pv_http_client *client)
{
    return ((const struct pv_connection *)client)->is_suspended ||
           client->phase == PV_CONNECTION_ANSWER || client->phase == PV_CONNECTION_LIVE ||
           client->phase == PV_CONNECTION_EVENTS;
}

/* As many as wanted, or as descriptors allow. */
static size_t within_descriptors(size_t connections)
{
    rlim_t wanted = connections + OTHERS_FILES;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted) {
        files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* or it stays with what there is */
    }
    return pv_http_within_descriptors(connections, OTHERS_FILES);
}

static enum pv_status listen_at(struct pv_web_server *server, const char *address,
                                struct pv_error *error)
{
    static const struct MHD_OptionItem options[] = {
        {MHD_OPTION_CONNECTION_TIMEOUT, STALLED_S, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    const union MHD_DaemonInfo *info;
    enum pv_status status;

    server->http.clients.most = within_descriptors(PV_SERVER_CONNECTIONS);
    server->http.clients.per_address = PV_CONNECTIONS_PER_ADDRESS;
    server->http.service = (struct pv_http_service){
        .option = "serve",
        .client_size = sizeof(struct pv_connection),
        .flags = MHD_ALLOW_SUSPEND_RESUME,
        .options = options,
        .on_request = pv_server_request,
        .on_completed = on_completed,
        .is_unlimited = is_unlimited,
        .turn = turn,
        .on_ending = end_events,
        .is_busy = is_busy,
        .connections = &server->metrics->connections,
        .context = server,
    };
    status = pv_http_server_listen(&server->http, address, error);
    if (status != PV_OK)
        return status;
    info = MHD_get_daemon_info(server->http.daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return pv_error_set(error, PV_IO, "--serve=%s: libmicrohttpd has no epoll", address);
    server->epoll_fd = info->epoll_fd;
    return PV_OK;
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
                                 struct pv_web_server *server, struct pv_error *error)
{
    struct pv_live_sink sink = {on_read, on_live, NULL};
    enum pv_status status = pv_inbox_new(&server->inbox, error);

    sink.context = server->inbox;
    if (status == PV_OK)
        status = pv_files_new(options->out, &server->files, error);
    if (status == PV_OK)
        status = pv_live_source_new(&options->redis, &sink, &server->live, error);
    return status;
}

enum pv_status pv_web_server_new(const struct pv_dashboard_options *options,
                                 struct pv_server_metrics *metrics, struct pv_web_server **server,
                                 struct pv_error *error)
{
    struct pv_web_server *made;
    enum pv_status status;

    *server = NULL;
    if (options->serve == NULL)
        return PV_OK;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "the server");
    made->metrics = metrics;
    status = make_parts(options, made, error);
    if (status == PV_OK)
        status = listen_at(made, options->serve, error);
    if (status == PV_OK)
        status = pv_http_server_start(&made->http, error);
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
    if (server->http.has_thread)
        pv_inbox_stop(server->inbox);
    pv_http_server_join(&server->http);
    for (struct pv_http_client *at = server->http.clients.first; at != NULL; at = at->next)
        if (pv_connection_of(at)->is_suspended)
            pv_server_resume(pv_connection_of(at));
    pv_http_server_close(&server->http);
    pv_live_source_destroy(server->live);
    pv_events_clean_up(&server->events);
    pv_files_destroy(server->files);
    pv_inbox_destroy(server->inbox);
    free(server);
}

void pv_web_server_tell_files(struct pv_web_server *server, const char *json, size_t length)
{
    pv_inbox_files(server->inbox, json, length);
}
