/* Writing needs no cJSON: programs that only send link this without it. */
#include "pageview/event_json.h"

#include <stdint.h>

#include "pageview/eight_bytes.h"

void pv_json_string_write(struct pv_buffer *buffer, const char *text, size_t length)
{
    size_t plain = 0;

    pv_buffer_add_char(buffer, '"');
    for (size_t i = pv_json_plain_bytes(text, text + length); i < length; i++) {
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
