/* Writing needs no cJSON: programs that only send link this without it. */
#include "pageview/event_json.h"

#include <stdint.h>
#include <string.h>

/* Not 0 when one of eight bytes has to be escaped: a byte below n that has no highest bit gets one
 * when n is taken from it (Hacker's Delight, 6-1). Bytes of UTF-8 from 0x80 on are as they are. */
static uint64_t to_escape(uint64_t eight)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 0x80;
    const uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';

    return (((eight - ones * 0x20) & ~eight) | ((quote - ones) & ~quote) |
            ((backslash - ones) & ~backslash)) &
           high;
}

/* How many bytes from the start are sure to need no escape. */
static size_t plain_length(const char *text, size_t length)
{
    size_t plain = 0;

    for (uint64_t eight; plain + sizeof eight <= length; plain += sizeof eight) {
        memcpy(&eight, text + plain, sizeof eight);
        if (to_escape(eight) != 0)
            break;
    }
    return plain;
}

void pv_json_string_write(struct pv_buffer *buffer, const char *text, size_t length)
{
    size_t plain = 0;

    pv_buffer_add_char(buffer, '"');
    for (size_t i = plain_length(text, length); i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        pv_buffer_add(buffer, text + plain, i - plain);
        plain = i + 1;
        if (c < 0x20) {
            pv_buffer_add_format(buffer, "\\u%04x", c);
        } else {
            pv_buffer_add_char(buffer, '\\');
            pv_buffer_add_char(buffer, (char)c);
        }
    }
    pv_buffer_add(buffer, text + plain, length - plain);
    pv_buffer_add_char(buffer, '"');
}

static void write_text(struct pv_buffer *buffer, const char *name, struct pv_text text)
{
    if (text.data == NULL)
        return;
    pv_buffer_add_text(buffer, name);
    pv_json_string_write(buffer, text.data, text.length);
}

void pv_event_json_write(struct pv_buffer *buffer, const struct pv_event *event)
{
    static const char *const agents[] = {NULL, ",\"agent\":\"spider\"", ",\"agent\":\"automated\""};

    pv_buffer_add_text(buffer, "{\"article\":");
    pv_json_string_write(buffer, event->article.data, event->article.length);
    pv_buffer_add_text(buffer, ",\"ts\":");
    pv_buffer_add_number(buffer, (uint64_t)event->ts_ms);
    if (agents[event->agent] != NULL)
        pv_buffer_add_text(buffer, agents[event->agent]);
    write_text(buffer, ",\"visitor\":", event->visitor);
    write_text(buffer, ",\"section\":", event->section);
    write_text(buffer, ",\"title\":", event->title);
    write_text(buffer, ",\"referrer\":", event->referrer);
    write_text(buffer, ",\"id\":", event->id);
    pv_buffer_add_char(buffer, '}');
}
