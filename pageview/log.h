/* One-line structured logs on stderr:
 *
 *     2026-11-24T13:05:07.123Z warn event=redis_away error="connection refused" retry_ms=500
 *
 * Each event's lines are rate-limited; the next line that is let through says how
 * many were not. Safe to call from any thread, never from a signal handler. */
#ifndef PAGEVIEW_LOG_H
#define PAGEVIEW_LOG_H

#include <stdint.h>

enum pv_log_level { PV_LOG_DEBUG, PV_LOG_INFO, PV_LOG_WARN, PV_LOG_ERROR };

struct pv_log_field {
    const char *key;  /* NULL ends the list */
    const char *text; /* NULL: `number` is the value */
    int64_t number;
};

#define PV_TEXT(key, value)   ((struct pv_log_field){(key), (value), 0})
#define PV_NUMBER(key, value) ((struct pv_log_field){(key), NULL, (int64_t)(value)})

/* Lines below `level` are not written. The default is PV_LOG_INFO. */
void pv_log_set_level(enum pv_log_level level);

/* `event` must be a string literal or otherwise stay in place: it names the rate limit. */
void pv_log_fields(enum pv_log_level level, const char *event, const struct pv_log_field *fields);

#define pv_log(level, event, ...)                                                                  \
    pv_log_fields((level), (event), (const struct pv_log_field[]){__VA_ARGS__, {NULL, NULL, 0}})

#endif
