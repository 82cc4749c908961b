/* Several answers of Redis from one moment: MULTI, reading commands, EXEC. */
#ifndef DASHBOARD_EXPORT_TRANSACTION_H
#define DASHBOARD_EXPORT_TRANSACTION_H

#include <stddef.h>

#include "pageview/redis_client.h"

/* A command with a key, and what follows it: HGETALL, HMGET. */
struct pv_read_command {
    const char *name, *key;
    const char *const *more; /* `more_count` texts */
    size_t more_count;       /* PV_READ_MORE_MAX at most */
};

#define PV_READ_MORE_MAX 1000

/* Runs the commands with no other client's in between, in one round trip. On PV_OK `*reply` is an
 * array of `count` answers, none of them an error, and the caller frees it. */
enum pv_status pv_transaction_read(struct pv_redis *redis, const struct pv_read_command *commands,
                                   size_t count, struct pv_redis_reply **reply,
                                   struct pv_error *error) PV_MUST_CHECK;

#endif
