#include "producer/sources/log_position.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "producer/sources/position_text.h"

void pv_log_position_format(const struct pv_log_position *position,
                            char text[PV_POSITION_TEXT_SIZE])
{
    int length = snprintf(text, PV_POSITION_TEXT_SIZE, "1;%" PRId64, position->known_ms);

    for (size_t i = 0; i < position->count; i++) {
        const struct pv_segment_mark *mark = &position->marks[i];

        length +=
            snprintf(text + length, PV_POSITION_TEXT_SIZE - (size_t)length,
                     ";%" PRIu64 ":%" PRIu64 ":%" PRId64 ":%" PRIu32 ":%016" PRIx64, mark->device,
                     mark->inode, mark->offset, mark->head_length, mark->head_hash);
    }
}

static bool read_mark(const char **text, struct pv_segment_mark *mark)
{
    static const struct {
        int base;
        uint64_t limit;
    } fields[] = {{10, UINT64_MAX},
                  {10, UINT64_MAX},
                  {10, INT64_MAX},
                  {10, PV_SEGMENT_HEAD_MAX},
                  {16, UINT64_MAX}};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    uint64_t numbers[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        if (i > 0 && *(*text)++ != ':')
            return false;
        if (!pv_position_number(text, fields[i].base, fields[i].limit, &numbers[i]))
            return false;
    }
    *mark = (struct pv_segment_mark){numbers[0], numbers[1], (int64_t)numbers[2],
                                     (uint32_t)numbers[3], numbers[4]};
    return true;
}

bool pv_log_position_parse(const char *text, struct pv_log_position *position)
{
    uint64_t known_ms;

    memset(position, 0, sizeof *position);
    if (strncmp(text, "1;", 2) != 0)
        return false;
    text += 2;
    if (!pv_position_number(&text, 10, INT64_MAX, &known_ms))
        return false;
    position->known_ms = (int64_t)known_ms;
    while (*text == ';') {
        text++;
        if (position->count == PV_LOG_SEGMENTS_MAX ||
            !read_mark(&text, &position->marks[position->count]))
            return false;
        position->count++;
    }
    return *text == '\0';
}

int64_t pv_log_position_offset(const struct pv_log_position *position)
{
    return position->count > 0 ? position->marks[position->count - 1].offset : 0;
}
