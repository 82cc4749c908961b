/* One connection to Redis. hiredis lives behind this (and redis_reply.h) alone.
 *
 * Not safe for use from two threads at once. Statuses of every call that talks to Redis:
 * PV_UNAVAILABLE  no connection, a time-out, or Redis is loading, busy, out of memory, a replica
 *                 …: the connection is closed when it broke; try again later
 * PV_INVALID      wrong user or password
 * PV_REFUSED      any other error answer */
#ifndef PAGEVIEW_REDIS_CLIENT_H
#define PAGEVIEW_REDIS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/options.h"
#include "pageview/status.h"

struct pv_redis_options {
    const char *address;
    const char *user;
    const char *password_file;
    const char *prefix;
};

#define PV_REDIS_OPTION_ROWS(type)                                                                 \
    {"redis",                                                                                      \
     PV_OPTION_REDIS,                                                                              \
     offsetof(type, redis.address),                                                                \
     "127.0.0.1:6379",                                                                             \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     "HOST:PORT|unix:PATH",                                                                        \
     "the Redis server"},                                                                          \
        {"redis-user",                                                                             \
         PV_OPTION_TEXT,                                                                           \
         offsetof(type, redis.user),                                                               \
         NULL,                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "NAME",                                                                                   \
         "the Redis ACL user; needs --redis-password-file"},                                       \
        {"redis-password-file",                                                                    \
         PV_OPTION_TEXT,                                                                           \
         offsetof(type, redis.password_file),                                                      \
         NULL,                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "FILE",                                                                                   \
         "the Redis password is the first line of FILE"},                                          \
    {                                                                                              \
        "prefix", PV_OPTION_TEXT, offsetof(type, redis.prefix), "pv:", 0, 0, NULL, "TEXT",         \
            "what every Redis key begins with"                                                     \
    }

struct pv_redis;
struct pv_redis_reply;

/* Makes a client that is not connected. `options` must outlive it. PV_INVALID when the password
 * file cannot be read or the prefix is too long. */
enum pv_status pv_redis_new(const struct pv_redis_options *options, struct pv_redis **redis,
                            struct pv_error *error) PV_MUST_CHECK;
void pv_redis_destroy(struct pv_redis *redis);

/* Connects and authenticates, unless connected already. */
enum pv_status pv_redis_connect(struct pv_redis *redis, struct pv_error *error) PV_MUST_CHECK;

/* PV_INVALID when the server is older than Redis 7.0, which these programs need. */
enum pv_status pv_redis_check_version(struct pv_redis *redis, struct pv_error *error) PV_MUST_CHECK;

/* Closes the connection; the next pv_redis_connect opens another. */
void pv_redis_disconnect(struct pv_redis *redis);

/* One command of `count` arguments; connects when needed. On PV_OK the caller frees `*reply`. */
enum pv_status pv_redis_command(struct pv_redis *redis, int count, const char **arguments,
                                const size_t *lengths, struct pv_redis_reply **reply,
                                struct pv_error *error) PV_MUST_CHECK;

/* The same from NUL-terminated texts; the list ends with NULL. */
enum pv_status pv_redis_command_texts(struct pv_redis *redis, struct pv_redis_reply **reply,
                                      struct pv_error *error, ...) PV_MUST_CHECK;

/* The two halves of a command, for pipelining: all that was sent must be received in order. */
enum pv_status pv_redis_send(struct pv_redis *redis, int count, const char **arguments,
                             const size_t *lengths, struct pv_error *error) PV_MUST_CHECK;
/* Sends it together with the next one that is sent, with the first answer that is received, or when
 * 64 KiB wait: for many small commands, which would cost a system call each on both sides. */
enum pv_status pv_redis_queue(struct pv_redis *redis, int count, const char **arguments,
                              const size_t *lengths, struct pv_error *error) PV_MUST_CHECK;
enum pv_status pv_redis_receive(struct pv_redis *redis, struct pv_redis_reply **reply,
                                struct pv_error *error) PV_MUST_CHECK;

void pv_redis_reply_destroy(struct pv_redis_reply *reply);

/* Text of a string or status answer (NUL-terminated, `*length` may be NULL), or NULL for nil and
 * for any other type. It belongs to the reply. */
const char *pv_redis_reply_text(const struct pv_redis_reply *reply, size_t *length);
/* Value of an integer answer, or of a string of digits; `fallback` otherwise. */
int64_t pv_redis_reply_number(const struct pv_redis_reply *reply, int64_t fallback);
/* Number of an array's elements, 0 for any other type. */
size_t pv_redis_reply_count(const struct pv_redis_reply *reply);
/* Text of an error answer, which only an element of an array can be (EXEC's); NULL for any other
 * type. It belongs to the reply. */
const char *pv_redis_reply_error(const struct pv_redis_reply *reply);
/* The i-th element; it belongs to the reply. */
const struct pv_redis_reply *pv_redis_reply_at(const struct pv_redis_reply *reply, size_t i);

#endif
