/* The Kafka offsets that counts include: every event below them is in the counts. */
#ifndef DASHBOARD_EXPORT_OFFSETS_H
#define DASHBOARD_EXPORT_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/buffer.h"
#include "pageview/redis_client.h"

struct pv_offset {
    char *field; /* "<topic>/<partition>" */
    size_t topic_length;
    int64_t partition;
    int64_t next; /* the first offset that is not included */
};

/* Sorted by topic (bytewise) and partition (as a number). All zero is none. */
struct pv_offsets {
    struct pv_offset *items;
    size_t count;
};

/* Takes the answer of HGETALL on the offsets hash. Fields that are no "<topic>/<partition>" with
 * a number are left out. PV_NOMEM leaves `*offsets` empty. */
enum pv_status pv_offsets_from_reply(const struct pv_redis_reply *reply, struct pv_offsets *offsets,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_offsets_clean_up(struct pv_offsets *offsets);

bool pv_offsets_equal(const struct pv_offsets *a, const struct pv_offsets *b);

/* Appends {"pageviews/0":123,…}. */
void pv_offsets_write(struct pv_buffer *buffer, const struct pv_offsets *offsets);

#endif
