/* --since: a moment in the past, as people write it. */
#ifndef PRODUCER_SINCE_H
#define PRODUCER_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-24" (midnight UTC), "2026-11-24T13:05:00Z" or another time as logs have it, or an age
 * such as "2h", before `now_ms`.
 * False when the text is none of them. */
bool pv_since_parse(const char *text, int64_t now_ms, int64_t *since_ms);

#endif
