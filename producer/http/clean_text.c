#include "producer/http/clean_text.h"

#include <string.h>

#include "pageview/utf8.h"

static bool is_blank(uint32_t code_point)
{
    return code_point == ' ' || pv_utf8_is_control(code_point);
}

struct pv_text pv_clean_text(struct pv_text text, char *room, size_t max)
{
    size_t length = 0, size;
    bool space = false;

    for (size_t at = 0; at < text.length; at += size) {
        uint32_t code_point = 0;

        size = pv_utf8_decode(text.data + at, text.length - at, &code_point);
        if (size == 0) {
            size = 1;
            continue;
        }
        if (is_blank(code_point)) {
            space = length > 0;
            continue;
        }
        if (length + space + size > max)
            break;
        if (space)
            room[length++] = ' ';
        memcpy(room + length, text.data + at, size);
        length += size;
        space = false;
    }
    return length > 0 ? (struct pv_text){room, length} : (struct pv_text){NULL, 0};
}
