/* How answers of Redis lie in memory: one with all that it holds is a few blocks, which are freed
 * together. hiredis's own answers are two pieces of memory for each element, and a page of a large
 * hash has thousands. Internal to redis_client.
 *
 * Memory: 24 bytes an element and its text, and half as much again or 64 KiB, whichever is less. */
#ifndef PAGEVIEW_REDIS_REPLY_H
#define PAGEVIEW_REDIS_REPLY_H

#include <hiredis/hiredis.h>

struct pv_reply_block;

/* The answer in the making on a connection; all zero at first. */
struct pv_reply_builder {
    struct pv_reply_block *last;
    size_t size; /* of all its blocks */
};

/* Makes the reader build its answers so: each is a struct pv_redis_reply. The builder must outlive
 * the reader. */
void pv_reply_use(redisReader *reader, struct pv_reply_builder *builder);

#endif
