#include "pageview/http_server.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageview/clock.h"

enum {
    CONNECTION_MEMORY = 16384, /* head, its fields, and the head of the answer */
    CLIENTS_LEAST = 64,
    DRAIN_MS = 2000,
};

size_t pv_http_within_descriptors(size_t wanted, size_t others)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted + others)
        return wanted;
    return files.rlim_cur > others + CLIENTS_LEAST ? (size_t)files.rlim_cur - others
                                                   : CLIENTS_LEAST;
}

void *pv_http_client_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

void pv_http_client_shut(struct pv_http_client *client)
{
    shutdown(client->fd, SHUT_RDWR);
    pv_http_client_enter(client, PV_HTTP_CLOSING, 0);
}

static bool read_peer(struct MHD_Connection *mhd, struct pv_http_client *client)
{
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (address == NULL || fd == NULL)
        return false;
    client->mhd = mhd;
    client->fd = fd->connect_fd;
    return pv_ip_of_socket(address->client_addr, &client->ip);
}

static void begin(struct pv_http_server *server, struct MHD_Connection *mhd, void **context)
{
    const struct pv_http_service *service = &server->service;
    struct pv_http_client *client = calloc(1, service->client_size), *closed;

    *context = NULL;
    if (client == NULL || !read_peer(mhd, client)) {
        free(client);
        return;
    }
    closed = pv_http_clients_add(&server->clients, client,
                                 !service->is_unlimited(service->context, &client->ip),
                                 pv_monotonic_ms());
    if (closed != NULL)
        pv_http_client_shut(closed);
    pv_metric_set(service->connections, (int64_t)server->clients.count);
    *context = client;
}

static void end(struct pv_http_server *server, struct pv_http_client *client)
{
    const struct pv_http_service *service = &server->service;

    if (client == NULL)
        return;
    if (service->on_gone != NULL)
        service->on_gone(service->context, client);
    pv_http_clients_remove(&server->clients, client);
    pv_metric_set(service->connections, (int64_t)server->clients.count);
    free(client);
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
    const struct pv_http_server *server = context;
    struct pv_ip ip;

    (void)length;
    if (!pv_ip_of_socket(address, &ip))
        return MHD_NO;
    if (pv_http_clients_of(&server->clients, &ip) < 2 * server->clients.per_address)
        return MHD_YES;
    return server->service.is_unlimited(server->service.context, &ip) ? MHD_YES : MHD_NO;
}

/* Programs take escapes apart, or compare paths as they were sent. */
static size_t keep_escapes(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code)
{
    const struct pv_http_service *service = &((struct pv_http_server *)context)->service;

    (void)mhd;
    (void)code;
    if (*request != NULL)
        service->on_completed(service->context, *request);
}

static struct MHD_Daemon *start_daemon(struct pv_http_server *server,
                                       const struct sockaddr *address)
{
    const struct pv_http_service *service = &server->service;
    unsigned flags =
        MHD_USE_EPOLL | service->flags | (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0U);

    return MHD_start_daemon(
        flags, 0, on_accept, server, service->on_request, service->context, MHD_OPTION_SOCK_ADDR,
        address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->clients.most,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_ARRAY, service->options, MHD_OPTION_END);
}

enum pv_status pv_http_server_listen(struct pv_http_server *server, const char *address,
                                     struct pv_error *error)
{
    const char *option = server->service.option;
    struct addrinfo *found = NULL;
    enum pv_status status = pv_address_resolve(option, address, &found, error);

    if (status != PV_OK)
        return status;
    errno = 0;
    server->daemon = start_daemon(server, found->ai_addr);
    freeaddrinfo(found);
    if (server->daemon == NULL)
        return pv_error_set(error, PV_INVALID,
                            "--%s=%s: cannot listen there (%s): is another program using the port?",
                            option, address, strerror(errno));
    return PV_OK;
}

static bool is_busy(const struct pv_http_server *server)
{
    for (const struct pv_http_client *at = server->clients.first; at != NULL; at = at->next)
        if (server->service.is_busy(at))
            return true;
    return false;
}

/* Takes no more connections, and answers what it has begun. */
static void drain(struct pv_http_server *server)
{
    const struct pv_http_service *service = &server->service;
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    int64_t until_ms = pv_monotonic_ms() + DRAIN_MS;

    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    if (service->on_ending != NULL)
        service->on_ending(service->context);
    while (is_busy(server) && pv_monotonic_ms() < until_ms)
        (void)service->turn(service->context);
}

static void *serve_until_stopped(void *context)
{
    struct pv_http_server *server = context;

    while (server->service.turn(server->service.context))
        continue;
    drain(server);
    return NULL;
}

enum pv_status pv_http_server_start(struct pv_http_server *server, struct pv_error *error)
{
    int failure = pthread_create(&server->thread, NULL, serve_until_stopped, server);

    if (failure != 0)
        return pv_error_set(error, PV_IO, "--%s: no thread to serve in: %s", server->service.option,
                            strerror(failure));
    server->has_thread = true;
    return PV_OK;
}

void pv_http_server_join(struct pv_http_server *server)
{
    if (server->has_thread)
        pthread_join(server->thread, NULL);
    server->has_thread = false;
}

void pv_http_server_close(struct pv_http_server *server)
{
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}
