/* A log as a source of lines: see log_follow.h. */
#ifndef PRODUCER_SOURCES_LOG_SOURCE_H
#define PRODUCER_SOURCES_LOG_SOURCE_H

#include "pageview/clock.h"
#include "producer/sources/line_source.h"

/* `path` is copied. */
enum pv_status pv_log_source_new(const char *path, int64_t rotate_wait_ms,
                                 const struct pv_clock *clock, struct pv_line_source *source,
                                 struct pv_error *error) PV_MUST_CHECK;

#endif
