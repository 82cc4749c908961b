#define _DEFAULT_SOURCE /* SO_RCVBUFFORCE */
#include "producer/syslog/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageview/address.h"
#include "pageview/log.h"

enum { BACKLOG = 128 };

static void set_option(int fd, int level, int option, int value)
{
    /* What an option does not bring, the log or the next call says. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* The kernel doubles what it is asked for, and says the doubled number. */
static void raise_buffer(int fd)
{
    int given = 0;
    socklen_t size = sizeof given;

    set_option(fd, SOL_SOCKET, SO_RCVBUF, PV_SYSLOG_UDP_BUFFER);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, PV_SYSLOG_UDP_BUFFER); /* root only */
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &given, &size) == 0 &&
        given < 2 * PV_SYSLOG_UDP_BUFFER)
        pv_log(PV_LOG_WARN, "syslog_small_buffer", PV_NUMBER("bytes", given / 2),
               PV_NUMBER("wanted", PV_SYSLOG_UDP_BUFFER),
               PV_TEXT("advice", "sysctl net.core.rmem_max=4194304, or bursts over UDP are lost"));
}

/* -1 with errno set. */
static int open_socket(const struct addrinfo *at, int type)
{
    int fd = socket(at->ai_family, type, 0);
    int flags;

    if (fd < 0)
        return -1;
    flags = fcntl(fd, F_GETFL);
    if (at->ai_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (type == SOCK_STREAM)
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* a restart finds connections that linger */
    else
        raise_buffer(fd);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
        (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
        int failure = errno;

        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

static bool open_pair(const struct addrinfo *at, struct pv_syslog_sockets *sockets)
{
    int udp = open_socket(at, SOCK_DGRAM);
    int tcp = udp < 0 ? -1 : open_socket(at, SOCK_STREAM);

    if (tcp < 0) {
        int failure = errno;

        if (udp >= 0)
            close(udp);
        errno = failure;
        return false;
    }
    sockets->udp[sockets->count] = udp;
    sockets->tcp[sockets->count++] = tcp;
    return true;
}

static const char *advice(int failure)
{
    switch (failure) {
    case EADDRINUSE:
        return ": another program has the port";
    case EACCES:
        return ": ports below 1024 need CAP_NET_BIND_SERVICE";
    case EADDRNOTAVAIL:
        return ": not an address of this machine";
    default:
        return "";
    }
}

enum pv_status pv_syslog_listen(const char *address, struct pv_syslog_sockets *sockets,
                                struct pv_error *error)
{
    struct pv_syslog_sockets made = {.count = 0};
    struct addrinfo *found = NULL;
    enum pv_status status = pv_address_resolve("syslog", address, &found, error);
    int failure = 0;

    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        if (made.count == PV_SYSLOG_ADDRESSES_MAX)
            break;
        /* A machine without IPv6 still has "localhost" as ::1. */
        if (!open_pair(at, &made) && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
            status = PV_INVALID;
        if (failure == 0 && (status != PV_OK || made.count == 0))
            failure = errno;
    }
    if (found != NULL)
        freeaddrinfo(found);
    if (status == PV_OK && made.count == 0)
        status = PV_INVALID;
    if (status != PV_OK) {
        pv_syslog_sockets_close(&made);
        return found == NULL ? status
                             : pv_error_set(error, status, "--syslog=%s: cannot listen: %s%s",
                                            address, strerror(failure), advice(failure));
    }
    *sockets = made;
    return PV_OK;
}

void pv_syslog_sockets_close(struct pv_syslog_sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++) {
        close(sockets->udp[i]);
        close(sockets->tcp[i]);
    }
    sockets->count = 0;
}
