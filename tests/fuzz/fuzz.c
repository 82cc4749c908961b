#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/bucket.h"

_Noreturn void fuzz_fail(const char *promise)
{
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

static void expect_ok(enum pv_status status, const struct pv_error *error)
{
    if (status != PV_OK)
        fuzz_fail(error->text);
}

static int64_t now_ms(void *context)
{
    (void)context;
    return INT64_C(1795525507000);
}

const struct pv_clock fuzz_clock = {now_ms, NULL};

void fuzz_make_directory(char path[FUZZ_PATH_SIZE])
{
    const char *parent = getenv("TMPDIR");

    snprintf(path, FUZZ_PATH_SIZE, "%s/pv-fuzz-XXXXXX", parent != NULL ? parent : "/tmp");
    fuzz_expect(mkdtemp(path) != NULL, "a directory can be made");
}

static struct pv_salts *make_salts(void)
{
    char directory[FUZZ_PATH_SIZE];
    struct pv_salts *salts;
    struct pv_error error;

    fuzz_make_directory(directory);
    expect_ok(pv_salts_open(directory, &fuzz_clock, &salts, &error), &error);
    return salts;
}

struct pv_policy *fuzz_policy(void)
{
    static struct pv_policy *policy;
    struct pv_error error;

    if (policy == NULL) {
        const struct pv_policy_options options = {
            .spiders_path = FUZZ_SPIDERS,
            .salts = make_salts(),
        };

        expect_ok(pv_policy_new(&options, &policy, &error), &error);
    }
    return policy;
}

struct pv_event_parser *fuzz_parser(void)
{
    static struct pv_event_parser *parser;
    struct pv_error error;

    if (parser == NULL)
        expect_ok(pv_event_parser_new(&parser, &error), &error);
    return parser;
}

char *fuzz_copy(const char *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);

    fuzz_expect(copy != NULL, "memory for a copy of the input");
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *fuzz_copy_text(const char *data, size_t size)
{
    char *copy = malloc(size + 1);

    fuzz_expect(copy != NULL, "memory for a copy of the input");
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

bool fuzz_is_within(struct pv_text text, const char *data, size_t size)
{
    if (text.data == NULL)
        return text.length == 0;
    return text.data >= data && text.data <= data + size &&
           text.length <= size - (size_t)(text.data - data);
}

struct pv_text fuzz_take_line(struct pv_text *rest)
{
    const char *feed = rest->length > 0 ? memchr(rest->data, '\n', rest->length) : NULL;
    struct pv_text line = *rest;

    if (feed == NULL) {
        rest->data += rest->length;
        rest->length = 0;
        return line;
    }
    line.length = (size_t)(feed - rest->data);
    rest->data += line.length + 1;
    rest->length -= line.length + 1;
    return line;
}

struct pv_event fuzz_expect_event(const char *json, size_t length)
{
    struct pv_event event = {0};
    enum pv_reason reason =
        pv_event_json_parse(fuzz_parser(), json, length, -1, PV_TIME_LIMIT_MS, &event);

    if (reason != PV_REASON_NONE)
        fprintf(stderr, "%s: %.*s\n", pv_reason_name(reason), (int)length, json);
    fuzz_expect(reason == PV_REASON_NONE, "what is written is a valid event");
    fuzz_expect(length <= PV_EVENT_SIZE_MAX, "an event is of at most 8 KiB");
    fuzz_expect(memchr(json, '\n', length) == NULL, "an event is one line");
    return event;
}

/* Looks at each byte, for AddressSanitizer's sake. */
static void touch(struct pv_text text)
{
    static volatile char seen;

    for (size_t i = 0; i < text.length; i++)
        seen = text.data[i];
    (void)seen;
}

static void expect_text(struct pv_text text, size_t max, const char *line, size_t length)
{
    fuzz_expect(text.data != NULL || text.length == 0, "an absent text is empty");
    fuzz_expect(text.length <= max, "a text is no longer than the line allows");
    if (text.data >= line && text.data <= line + length)
        fuzz_expect(fuzz_is_within(text, line, length), "a text ends within the line");
    touch(text);
}

void fuzz_expect_hit(const struct pv_hit *hit, const char *line, size_t length)
{
    const struct pv_text texts[] = {hit->method, hit->referrer, hit->user_agent, hit->address,
                                    hit->site,   hit->purpose,  hit->title,      hit->section};

    fuzz_expect(hit->ts_ms >= 0 && hit->ts_ms < PV_TIME_LIMIT_MS, "the time is within bounds");
    fuzz_expect(hit->status >= 0 && hit->status <= 999, "the status has three digits");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_text(texts[i], length, line, length);
    expect_text(hit->target, 3 * length + 1, line, length);
}

static bool is_same(struct pv_text a, struct pv_text b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

static void expect_same(const struct pv_event *read, const struct pv_event *written)
{
    fuzz_expect(is_same(read->article, written->article), "the article is read as written");
    fuzz_expect(read->ts_ms == written->ts_ms, "the time is read as written");
    fuzz_expect(read->agent == written->agent, "the agent is read as written");
    fuzz_expect(is_same(read->visitor, written->visitor), "the visitor is read as written");
    fuzz_expect(is_same(read->section, written->section), "the section is read as written");
    fuzz_expect(is_same(read->title, written->title), "the title is read as written");
    fuzz_expect(is_same(read->referrer, written->referrer), "the referrer is read as written");
}

void fuzz_expect_view(const struct pv_hit *hit)
{
    static struct pv_buffer json;
    struct pv_event event = {0}, read;

    if (pv_policy_apply(fuzz_policy(), hit, &event) != PV_REASON_NONE)
        return;
    pv_buffer_reset(&json);
    pv_event_json_write(&json, &event);
    fuzz_expect(!json.failed, "memory for an event");
    read = fuzz_expect_event(json.data, json.length);
    expect_same(&read, &event);
}
