/* A position in a log: a mark in each of its files that may still have something unread.
 *
 * It travels as text, in the metadata of a committed offset and in the state directory:
 *
 *     1;1795561971693;64769:131077:52114:1024:9f86d081884c7d65;…
 *
 * version; a time in ms: all files that nobody wrote to since are known; then
 * device:inode:offset:head length:head hash of each file, from the oldest to the newest. */
#ifndef PRODUCER_SOURCES_LOG_POSITION_H
#define PRODUCER_SOURCES_LOG_POSITION_H

#include "producer/sources/line_source.h"
#include "producer/sources/segment.h"

/* Files of one log that are followed at a time; more wait for their turn. */
#define PV_LOG_SEGMENTS_MAX 8

struct pv_log_position {
    int64_t known_ms; /* all files that nobody wrote to since were known */
    size_t count;
    struct pv_segment_mark marks[PV_LOG_SEGMENTS_MAX];
};

void pv_log_position_format(const struct pv_log_position *position,
                            char text[PV_POSITION_TEXT_SIZE]);

/* False when the text is no position of this version. */
bool pv_log_position_parse(const char *text, struct pv_log_position *position);

/* Offset in the newest file, for tools that show one number; 0 when there is none. */
int64_t pv_log_position_offset(const struct pv_log_position *position);

#endif
