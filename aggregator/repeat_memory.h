/* Which views of one partition are repeats: the same visitor on the same article again, within a
 * window of time. The answer is a function of the log and of nothing else, so that an event that
 * is counted again after a fault gets the same answer.
 *
 * The rule. Let W, the watermark, be the highest view time up to an event. The memory holds the
 * pairs of article and visitor whose latest view is later than W - window. A view is a repeat when
 * the memory holds its pair and the latest view is less than a window away from it, before or
 * behind. Every view is remembered, a repeat as well; one of W - window or earlier is not.
 *
 * How. A hash table of the pairs, each also in a list of the minute of its latest view; a ring of
 * the minutes of the window. A minute that the window has left takes its pairs with it, so
 * forgetting costs what remembering did. Each minute keeps the lowest offset of a view that made a
 * pair its own, so the log can be read again from where the memory needs it.
 *
 * Two pairs have the same 128-bit hash (XXH3) with a probability of n^2 / 2^129: 3e-25 for the ten
 * million pairs of a day.
 *
 * Memory: that of repeat_pairs.h, and 24 bytes a minute of the window. */
#ifndef AGGREGATOR_REPEAT_MEMORY_H
#define AGGREGATOR_REPEAT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/repeat_pairs.h"
#include "pageview/event.h"
#include "pageview/status.h"

#define PV_REPEAT_WINDOW_MAX_MS INT64_C(86400000)

/* The watermark before the first view. */
#define PV_WATERMARK_NONE INT64_MIN

struct pv_repeat_memory;

/* How many pairs all the memories that share it may hold. */
struct pv_repeat_budget {
    size_t pairs, max_pairs;
};

/* Both texts are present, and no longer than an event's (pageview/event.h). */
struct pv_repeat_key pv_repeat_key_of(struct pv_text article, struct pv_text visitor);

/* `window_ms` is 1 to PV_REPEAT_WINDOW_MAX_MS; the budget must outlive the memory. */
enum pv_status pv_repeat_memory_new(int64_t window_ms, struct pv_repeat_budget *budget,
                                    struct pv_repeat_memory **memory,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_repeat_memory_destroy(struct pv_repeat_memory *memory);

/* Forgets everything. The watermark is `watermark_ms`; a negative one is PV_WATERMARK_NONE.
 * To build a memory again, begin with the watermark that it had and remember the events from the
 * first offset that it had, in order: it then answers as it did. */
void pv_repeat_memory_begin(struct pv_repeat_memory *memory, int64_t watermark_ms);

/* Fetches what is asked about the pair next from memory, and does not wait for it. */
void pv_repeat_memory_prefetch(const struct pv_repeat_memory *memory, struct pv_repeat_key key);

/* Would a view at `ts_ms` (0 to PV_TIME_LIMIT_MS) be a repeat? Asked before it is remembered. */
bool pv_repeat_memory_has(const struct pv_repeat_memory *memory, struct pv_repeat_key key,
                          int64_t ts_ms);

/* Remembers a view and raises the watermark. Offsets rise from call to call. Returns how many pairs
 * were forgotten before their time, because the budget or the machine's memory is out: a pair of
 * the oldest minute, or this one when it is no later. */
size_t pv_repeat_memory_remember(struct pv_repeat_memory *memory, struct pv_repeat_key key,
                                 int64_t ts_ms, int64_t offset);

/* Raises the watermark only: a view that cannot have a repeat. */
void pv_repeat_memory_see(struct pv_repeat_memory *memory, int64_t ts_ms);

/* The offset to read from again to build the memory again, `none` when it is empty. Never too high;
 * it may be that of a view which has since left the window by less than a minute, or whose pair
 * was seen again while others of its minute were not. Costs a look at each minute of the window. */
int64_t pv_repeat_memory_first_offset(const struct pv_repeat_memory *memory, int64_t none);

int64_t pv_repeat_memory_watermark_ms(const struct pv_repeat_memory *memory);

#endif
