#include "producer/sources/log_position.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void pv_log_position_format(const struct pv_log_position *position,
                            char text[PV_LOG_POSITION_TEXT_SIZE])
{
    int length = snprintf(text, PV_LOG_POSITION_TEXT_SIZE, "1;%" PRId64, position->known_ms);

    for (size_t i = 0; i < position->count; i++) {
        const struct pv_segment_mark *mark = &position->marks[i];

        length +=
            snprintf(text + length, PV_LOG_POSITION_TEXT_SIZE - (size_t)length,
                     ";%" PRIu64 ":%" PRIu64 ":%" PRId64 ":%" PRIu32 ":%016" PRIx64, mark->device,
                     mark->inode, mark->offset, mark->head_length, mark->head_hash);
    }
}

static bool parse_mark(const char *text, struct pv_segment_mark *mark, int *length)
{
    int fields = sscanf(text, ";%" SCNu64 ":%" SCNu64 ":%" SCNd64 ":%" SCNu32 ":%16" SCNx64 "%n",
                        &mark->device, &mark->inode, &mark->offset, &mark->head_length,
                        &mark->head_hash, length);

    return fields == 5 && mark->offset >= 0 && mark->head_length <= PV_SEGMENT_HEAD_MAX;
}

bool pv_log_position_parse(const char *text, struct pv_log_position *position)
{
    int length = 0;

    memset(position, 0, sizeof *position);
    if (sscanf(text, "1;%" SCNd64 "%n", &position->known_ms, &length) != 1)
        return false;
    for (text += length; *text == ';'; text += length) {
        if (position->count == PV_LOG_SEGMENTS_MAX ||
            !parse_mark(text, &position->marks[position->count], &length))
            return false;
        position->count++;
    }
    return *text == '\0' || *text == '\n';
}

int64_t pv_log_position_offset(const struct pv_log_position *position)
{
    return position->count > 0 ? position->marks[position->count - 1].offset : 0;
}
