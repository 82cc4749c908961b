/* Says what the parser makes of each event: for tests that compare it with another parser.
 *
 *     pv-event-check NOW_MS < values > answers
 *
 * A value on stdin is the time of its Kafka message in ms (8 bytes, big-endian, signed), its length
 * (4 bytes, big-endian) and its bytes. The answer is one line: the name of the reason, or
 * "none TS AGENT ARTICLE" with the article in hexadecimal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pageview/event_json.h"

enum { HEADER_SIZE = 12, VALUE_MAX = 1 << 20 };

static uint64_t big_endian(const unsigned char *bytes, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void answer(enum pv_reason reason, const struct pv_event *event)
{
    printf("%s", pv_reason_name(reason));
    if (reason == PV_REASON_NONE) {
        printf(" %" PRId64 " %d ", event->ts_ms, (int)event->agent);
        for (size_t i = 0; i < event->article.length; i++)
            printf("%02x", (unsigned)(unsigned char)event->article.data[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct pv_event_parser *parser = NULL;
    struct pv_error error;
    unsigned char header[HEADER_SIZE];
    char *value = malloc(VALUE_MAX);
    int64_t now_ms = argc == 2 ? strtoll(argv[1], NULL, 10) : 0;
    int code = 1;

    if (value == NULL || now_ms <= 0 || pv_event_parser_new(&parser, &error) != PV_OK)
        goto done;
    while (fread(header, 1, HEADER_SIZE, stdin) == HEADER_SIZE) {
        size_t length = (size_t)big_endian(header + 8, 4);
        struct pv_event event;

        if (length > VALUE_MAX || fread(value, 1, length, stdin) != length)
            goto done;
        answer(pv_event_json_parse(parser, value, length, (int64_t)big_endian(header, 8), now_ms,
                                   &event),
               &event);
    }
    code = 0;
done:
    pv_event_parser_destroy(parser);
    free(value);
    return code;
}
