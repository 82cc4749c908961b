/* Where a test's stand-in for Redis listens: at a Unix socket in a directory of its own. */
#ifndef PAGEVIEW_REDIS_SOCKET_H
#define PAGEVIEW_REDIS_SOCKET_H

#include "test_pageview_support.h"

#include <sys/socket.h>
#include <sys/un.h>

struct redis_socket {
    char directory[32], path[48], address[64]; /* the address is as options have it */
    int listener;
};

static inline void redis_socket_open(struct redis_socket *at)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    strcpy(at->directory, "/tmp/pv-unit-XXXXXX");
    assert_non_null(mkdtemp(at->directory));
    snprintf(at->path, sizeof at->path, "%s/redis", at->directory);
    snprintf(at->address, sizeof at->address, "unix:%s", at->path);
    memcpy(name.sun_path, at->path, strlen(at->path) + 1);
    at->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_return_code(bind(at->listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_return_code(listen(at->listener, 8), 0);
}

/* Wakes the thread that accepts, which accepts no more. */
static inline void redis_socket_stop(struct redis_socket *at)
{
    shutdown(at->listener, SHUT_RDWR);
}

static inline void redis_socket_close(struct redis_socket *at)
{
    close(at->listener);
    unlink(at->path);
    rmdir(at->directory);
}

#endif
