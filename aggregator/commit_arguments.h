/* The keys and arguments of one call of a Redis function, while they are gathered.
 *
 * Memory that runs out is told once, by pv_commit_arguments_collect. */
#ifndef AGGREGATOR_COMMIT_ARGUMENTS_H
#define AGGREGATOR_COMMIT_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/buffer.h"
#include "pageview/status.h"

/* A piece of `bytes`, which moves while it grows. */
struct pv_commit_span {
    size_t at, length;
};

struct pv_commit_spans {
    struct pv_commit_span *items;
    size_t count, capacity;
};

/* All zero is an empty one. */
struct pv_commit_arguments {
    struct pv_buffer bytes; /* an argument may be written here: see pv_commit_end_argument */
    struct pv_commit_spans keys, rest;
    const char **texts; /* the whole call, as pv_redis_command takes it */
    size_t *lengths;
    size_t capacity;
};

void pv_commit_arguments_clean_up(struct pv_commit_arguments *arguments);

/* Forgets all, and keeps the memory. */
void pv_commit_arguments_reset(struct pv_commit_arguments *arguments);

void pv_commit_add_key(struct pv_commit_arguments *arguments, const char *key, size_t length);
void pv_commit_add_text(struct pv_commit_arguments *arguments, const char *text, size_t length);
void pv_commit_add_number(struct pv_commit_arguments *arguments, int64_t number);

/* Adds what was written to `bytes` since their length was `at`. */
void pv_commit_end_argument(struct pv_commit_arguments *arguments, size_t at);

/* Makes `texts` and `lengths` of the call "FCALL <function> <number of keys> <keys> <the rest>", of
 * `*count` words. They are valid until the next change. PV_NOMEM otherwise. */
enum pv_status pv_commit_arguments_collect(struct pv_commit_arguments *arguments,
                                           const char *function, int *count,
                                           struct pv_error *error) PV_MUST_CHECK;

#endif
