/* What each reader read last: a bounded memory of readers, and of a few articles of each.
 *
 * Readers are in sets of eight by their hash, as in the cache of a processor; in a full set the one
 * who was seen least recently gives way. An article that gave way to another in co_views.h has
 * another number later, so nothing has to be removed here.
 *
 * Memory: 48 bytes a reader, all of it from the start. */
#ifndef AGGREGATOR_ALSO_READ_READINGS_H
#define AGGREGATOR_ALSO_READ_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

enum {
    PV_READINGS_OF_READER = 8, /* articles that are remembered of a reader */
    PV_READINGS_MAX = 100,     /* different ones that count: who reads more is no reader */
};

struct pv_readings;

/* `max_readers` is rounded up to a power of two, 8 at least. */
enum pv_status pv_readings_new(size_t max_readers, struct pv_readings **readings,
                               struct pv_error *error) PV_MUST_CHECK;
void pv_readings_destroy(struct pv_readings *readings);

/* `reader` reads the article of this number, which is not 0. False when it is among those that the
 * reader read last, or the reader has read too many. Otherwise `others` gets those that were read
 * before, the latest first, and it is remembered as the latest. */
bool pv_readings_add(struct pv_readings *readings, uint64_t reader, uint32_t article,
                     uint32_t others[PV_READINGS_OF_READER], size_t *count);

size_t pv_readings_bytes(const struct pv_readings *readings);

#endif
