#include "producer/http/query.h"

#include <string.h>

#include "pageview/hex.h"

/* The byte of the escape whose `%` is at `at`, or -1 when it is none. */
static int escaped_byte(const char *at, const char *end)
{
    int high, low;

    if (end - at < 3)
        return -1;
    high = pv_hex_value(at[1]);
    low = pv_hex_value(at[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* `end` when there is none. */
static char *first_of(char *text, char *end, char c)
{
    char *found = memchr(text, c, (size_t)(end - text));

    return found != NULL ? found : end;
}

static struct pv_text decode(char *text, char *end)
{
    struct pv_text decoded = {text, 0};
    char *out = first_of(text, first_of(text, end, '%'), '+'); /* what is in front stays */

    for (const char *at = out; at < end; at++) {
        int byte = *at == '%' ? escaped_byte(at, end) : -1;

        if (byte >= 0) {
            *out++ = (char)byte;
            at += 2;
        } else {
            char c = *at;

            if (c == '+')
                c = ' ';
            *out++ = c;
        }
    }
    decoded.length = (size_t)(out - text);
    return decoded;
}

static struct pv_query_field *find(struct pv_text name, struct pv_query_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pv_text_is(name, fields[i].name))
            return &fields[i];
    return NULL;
}

void pv_query_parse(char *text, size_t length, struct pv_query_field *fields, size_t count)
{
    char *end = text + length;

    for (size_t i = 0; i < count; i++)
        fields[i].value = (struct pv_text){NULL, 0};
    while (text < end) {
        char *stop = first_of(text, end, '&');
        char *equals = first_of(text, stop, '=');
        struct pv_query_field *field = find(decode(text, equals), fields, count);

        if (field != NULL && field->value.data == NULL)
            field->value = decode(equals < stop ? equals + 1 : stop, stop);
        text = stop + 1;
    }
}
