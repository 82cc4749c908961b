/* Connections come and go: libmicrohttpd's callbacks for that. All of them run in the thread that
 * runs the daemon, so nothing here is locked, and a descriptor is a connection's until its end is
 * told. */
#include "producer/http/serve.h"

#include <errno.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pageview/clock.h"
#include "producer/http/answer.h"
#include "producer/http/exchange.h"

enum {
    CONNECTION_MEMORY = 16384, /* head, its fields, and the head of the answer */
    KEPT_BYTES_MAX = 4096,     /* of a connection's own memory between two requests */
};

int64_t pv_serve_now_ms(struct pv_serve *serve)
{
    if (serve->now_ms == 0)
        serve->now_ms = pv_monotonic_ms();
    return serve->now_ms;
}

static struct pv_http_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static bool read_peer(struct MHD_Connection *mhd, struct pv_http_connection *connection)
{
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (address == NULL || fd == NULL)
        return false;
    connection->fd = fd->connect_fd;
    return pv_ip_of_socket(address->client_addr, &connection->peer);
}

static void shut(struct pv_http_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    pv_http_connection_enter(connection, PV_HTTP_CLOSING, 0);
}

void pv_serve_forget(struct pv_serve *serve, struct pv_http_connection *connection)
{
    serve->body_bytes -= connection->body_bytes;
    connection->body_bytes = 0;
    pv_buffer_reset(&connection->body);
    pv_buffer_reset(&connection->query);
    if (connection->body.capacity > KEPT_BYTES_MAX)
        pv_buffer_clean_up(&connection->body);
    if (connection->query.capacity > KEPT_BYTES_MAX)
        pv_buffer_clean_up(&connection->query);
}

static void begin(struct pv_serve *serve, struct MHD_Connection *mhd, void **context)
{
    struct pv_http_connection *connection = calloc(1, sizeof *connection), *closed;

    *context = NULL;
    if (connection == NULL || !read_peer(mhd, connection)) {
        free(connection);
        return;
    }
    closed = pv_connections_add(&serve->connections, connection,
                                !pv_networks_have(serve->trusted, &connection->peer),
                                pv_serve_now_ms(serve));
    if (closed != NULL)
        shut(closed);
    pv_metric_set(&serve->endpoints.metrics->connections, (int64_t)serve->connections.count);
    *context = connection;
}

static void end(struct pv_serve *serve, struct pv_http_connection *connection)
{
    if (connection == NULL)
        return;
    pv_serve_forget(serve, connection);
    pv_buffer_clean_up(&connection->body);
    pv_buffer_clean_up(&connection->query);
    pv_connections_remove(&serve->connections, connection);
    pv_metric_set(&serve->endpoints.metrics->connections, (int64_t)serve->connections.count);
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
    const struct pv_serve *serve = context;
    struct pv_ip peer;

    (void)length;
    if (!pv_ip_of_socket(address, &peer))
        return MHD_NO;
    if (pv_connections_of(&serve->connections, &peer) < 2 * serve->connections.limits.per_address)
        return MHD_YES;
    return pv_networks_have(serve->trusted, &peer) ? MHD_YES : MHD_NO;
}

/* The query is kept as it was sent, and taken away from libmicrohttpd, which would take it apart
 * after this: it has some 60 bytes for each '&', and closes the connection without an answer when
 * there are more of them than fit into its memory. `target` lies in that memory. */
static void *on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct pv_http_connection *connection = connection_of(mhd);
    char *query = strchr((char *)(uintptr_t)target, '?');

    (void)context;
    if (connection != NULL && query != NULL) {
        pv_buffer_add_text(&connection->query, query + 1);
        query[1] = '\0';
    }
    return connection;
}

/* Paths are compared as they were sent. */
static size_t keep_escapes(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct pv_http_connection *connection = *request;

    (void)mhd;
    (void)code;
    if (connection == NULL)
        return;
    pv_serve_forget(context, connection);
    connection->requests++;
    if (connection->phase != PV_HTTP_LINGER && connection->phase != PV_HTTP_CLOSING)
        pv_http_connection_enter(connection, PV_HTTP_HEAD, pv_serve_now_ms(context));
}

static void flush(struct pv_serve *serve)
{
    int64_t now_ms = pv_serve_now_ms(serve);
    bool spooled;

    if (serve->endpoints.to_spool.count == 0)
        return;
    spooled = pv_endpoints_flush(&serve->endpoints);
    for (struct pv_http_connection *at = serve->connections.first; at != NULL; at = at->next) {
        if (at->phase != PV_HTTP_SPOOLING)
            continue;
        if (!spooled)
            at->answer = pv_http_answer_refusal;
        pv_http_connection_enter(at, PV_HTTP_ANSWER, now_ms);
    }
}

void pv_serve_flush(struct pv_serve *serve)
{
    flush(serve);
    serve->now_ms = 0;
}

struct MHD_Daemon *pv_serve_start(struct pv_serve *serve, const struct sockaddr *address)
{
    const struct pv_connection_limits *limits = &serve->connections.limits;
    unsigned flags = MHD_USE_EPOLL | (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0U);

    return MHD_start_daemon(flags, 0, on_accept, serve, pv_http_exchange, serve,
                            MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)limits->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_MEMORY, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U,
                            MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_NOTIFY_CONNECTION,
                            on_connection, serve, MHD_OPTION_NOTIFY_COMPLETED, on_completed, serve,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, serve,
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
}

/* Whether the client has sent anything: who only opened a connection is not told that it is late.
 */
static bool has_spoken(const struct pv_http_connection *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (connection->phase == PV_HTTP_BODY)
        return true;
    return connection->phase == PV_HTTP_HEAD && connection->requests == 0 &&
           getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_bytes_received > 0;
}

static void end_late(struct pv_serve *serve, struct pv_http_connection *connection)
{
    struct pv_http_answer answer;

    if (has_spoken(connection)) {
        pv_http_answer_error(&serve->endpoints, 408, "the request took too long", &answer);
        pv_http_answer_count(serve->endpoints.metrics, &answer);
        pv_http_answer_send_last(connection->fd, &answer, PV_CORS_NONE, (struct pv_text){NULL, 0});
    }
    shut(connection);
}

void pv_serve_end_late(struct pv_serve *serve)
{
    int64_t now_ms = pv_monotonic_ms();

    for (struct pv_http_connection *at = serve->connections.first; at != NULL; at = at->next)
        if (pv_connections_is_late(&serve->connections, at, now_ms))
            end_late(serve, at);
}
