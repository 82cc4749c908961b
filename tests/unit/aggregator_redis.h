/* A Redis that knows pv_commit's fence, tells its offsets and nothing else, and fails when it is
 * told to. */
#ifndef AGGREGATOR_REDIS_H
#define AGGREGATOR_REDIS_H

#include "pageview/redis_client.h"

enum fence_fault {
    FENCE_LOSE_CALL,   /* the connection closes before the call is done */
    FENCE_LOSE_REPLY,  /* the call is done, and the connection closes */
    FENCE_REFUSE,      /* an error that Redis would give again */
    FENCE_NO_FUNCTION, /* until the library is loaded again */
    FENCE_ODD_ANSWER,  /* ["later", "0"], which no version of pv_commit answers */
    FENCE_SILENCE,     /* the call is not done, and never answered */
};

/* A call that reached the server, done or not. */
struct fence_call {
    char field[64]; /* "<topic>/<partition>" */
    char from[24], to[24];
    char answer[16]; /* "ok", "already", "stale", or "fault" */
};

struct fence;

struct fence *fence_start(void);
void fence_stop(struct fence *fence);
const struct pv_redis_options *fence_options(const struct fence *fence);

/* The next call that nothing is planned for yet fails in this way. */
void fence_fail_next(struct fence *fence, enum fence_fault fault);

/* Makes the stored offset of `field` another one. */
void fence_store(struct fence *fence, const char *field, const char *offset);

/* Waits until `count` calls came, failing the test after 10 s; copies that many. */
void fence_wait_calls(struct fence *fence, size_t count, struct fence_call *calls);

/* How often the library was loaded. */
size_t fence_loads(struct fence *fence);

#endif
