/* What HTTP's bodies and queries are taken apart with. The first byte chooses: a query, a title, a
 * body of JSON. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pageview/utf8.h"
#include "producer/http/clean_text.h"
#include "producer/http/json_fields.h"
#include "producer/http/query.h"

enum { FIELDS = 3 };

static void read_query(char *text, size_t length)
{
    struct pv_query_field fields[FIELDS] = {{.name = "u"}, {.name = "title"}, {.name = ""}};
    size_t sum = 0;

    pv_query_parse(text, length, fields, FIELDS);
    for (int i = 0; i < FIELDS; i++) {
        fuzz_expect(fuzz_is_within(fields[i].value, text, length), "a value lies in the query");
        sum += fields[i].value.length;
    }
    fuzz_expect(sum <= length, "values do not overlap");
}

static void clean(char *text, size_t length)
{
    char room[PV_SECTION_SIZE_MAX], again[PV_SECTION_SIZE_MAX];
    struct pv_text once = pv_clean_text((struct pv_text){text, length}, room, sizeof room), twice;

    if (once.data == NULL)
        return;
    fuzz_expect(once.length >= 1 && once.length <= sizeof room, "a clean text is within bounds");
    fuzz_expect(pv_utf8_is_printable(once.data, once.length), "a clean text is printable");
    fuzz_expect(once.data[0] != ' ' && once.data[once.length - 1] != ' ',
                "a clean text has no blanks at its ends");
    twice = pv_clean_text(once, again, sizeof again);
    fuzz_expect(twice.length == once.length && memcmp(once.data, again, once.length) == 0,
                "a clean text stays as it is");
}

static void expect_fields(const struct pv_json_field *fields, const char *text, size_t length)
{
    for (int i = 0; i < FIELDS; i++) {
        if (fields[i].kind == PV_JSON_STRING) {
            fuzz_expect(fuzz_is_within(fields[i].text, text, length), "a string lies in the body");
            fuzz_expect(pv_utf8_is_valid(fields[i].text.data, fields[i].text.length),
                        "a string is UTF-8");
        } else if (fields[i].kind == PV_JSON_INTEGER) {
            fuzz_expect(fields[i].integer > -INT64_C(1000000000000000) &&
                            fields[i].integer < INT64_C(1000000000000000),
                        "an integer is within bounds");
        }
    }
}

/* The same grammar as the parser of events, which is made of another: what one takes for a JSON
 * object, the other does not refuse as no JSON. */
static void expect_json_too(const char *json, size_t length, bool is_json)
{
    struct pv_event event;
    enum pv_reason reason = length <= PV_EVENT_SIZE_MAX
                                ? pv_event_json_parse(fuzz_parser(), json, length, 0, 0, &event)
                                : PV_REASON_too_large;

    if (reason == PV_REASON_NONE)
        fuzz_expect(is_json, "an event is JSON");
}

static void read_json(char *text, size_t length)
{
    struct pv_json_field fields[FIELDS] = {{.name = "u"}, {.name = "ts"}, {.name = "title"}};
    char *copy = fuzz_copy(text, length);
    struct pv_json_body body;
    enum pv_json_next next = PV_JSON_BAD;
    size_t count = 0;

    if (pv_json_body_begin(&body, text, length)) {
        while ((next = pv_json_body_next(&body, fields, FIELDS)) < PV_JSON_END) {
            fuzz_expect(++count <= length, "each value takes a byte");
            if (next == PV_JSON_OBJECT)
                expect_fields(fields, text, length);
        }
    }
    expect_json_too(copy, length, next == PV_JSON_END);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(char *, size_t) = {read_query, clean, read_json};
    char *text;

    if (size == 0)
        return 0;
    text = fuzz_copy((const char *)data + 1, size - 1);
    readers[data[0] % 3](text, size - 1);
    free(text);
    return 0;
}
