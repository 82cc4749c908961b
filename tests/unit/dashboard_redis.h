/* A Redis that expects a list of commands and gives the answer that stands beside each. */
#ifndef DASHBOARD_REDIS_H
#define DASHBOARD_REDIS_H

#include "pageview/redis_client.h"

struct scripted_step {
    const char *command; /* its words with a space between; `*` at the end is any end */
    /* "+OK" a status, ":5" a number, "-ERR no" an error, "[a 1 [b] -ERR]" an array, any other
     * word a string. NULL: no answer, the connection is closed. */
    const char *answer;
};

struct scripted_redis;

/* Starts it and gives a client of it. */
struct scripted_redis *scripted_redis_start(const struct scripted_step *steps, size_t count,
                                            struct pv_redis **client);

/* What a program would be given to reach it; belongs to it. */
const struct pv_redis_options *scripted_redis_options(const struct scripted_redis *server);

/* Ends both. Fails the test unless all commands came in their order, and no others. */
void scripted_redis_finish(struct scripted_redis *server);

#define SCRIPTED(steps, client)                                                                    \
    scripted_redis_start((steps), sizeof(steps) / sizeof *(steps), client)

#endif
