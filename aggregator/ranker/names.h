/* Texts that are stored once and go by their number. */
#ifndef AGGREGATOR_RANKER_NAMES_H
#define AGGREGATOR_RANKER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/buffer.h"
#include "pageview/event.h"
#include "pageview/status.h"

#define PV_NAME_NONE UINT32_MAX

struct pv_name {
    uint64_t hash;
    size_t text_at; /* in texts */
    size_t length;
};

/* All zero but `max` is an empty one. */
struct pv_names {
    size_t max; /* at most UINT32_MAX - 1 */
    size_t count, capacity;
    struct pv_name *names;
    uint32_t *slots; /* hash table of number + 1; 0 is free */
    size_t slot_count;
    struct pv_buffer texts;
};

void pv_names_clean_up(struct pv_names *names);

/* Number of the text, PV_NAME_NONE when it is not there. */
uint32_t pv_names_find(const struct pv_names *names, struct pv_text text);

/* The same, with the text added behind the last one when it is new; PV_NAME_NONE: `max` are there
 * already. */
enum pv_status pv_names_add(struct pv_names *names, struct pv_text text, uint32_t *number,
                            struct pv_error *error) PV_MUST_CHECK;

/* Valid until the next text is added. */
struct pv_text pv_names_text(const struct pv_names *names, size_t number);

#endif
