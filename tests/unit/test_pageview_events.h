/* Events parsed and looked at: for the tests of the event's JSON. */
#ifndef TEST_PAGEVIEW_EVENTS_H
#define TEST_PAGEVIEW_EVENTS_H

#include "test_pageview_support.h"

#include "pageview/event_json.h"

/* Now is 2026-11-24T13:05:07.123Z, and the Kafka message is an hour older. */
static const int64_t now_ms = INT64_C(1795525507123);
static const int64_t message_ts_ms = INT64_C(1795521907123);

static struct pv_event_parser *parser;
static struct pv_event event; /* of the last parse */

static inline int make_parser(void **state)
{
    (void)state;
    return pv_event_parser_new(&parser, NULL) == PV_OK ? 0 : -1;
}

static inline int destroy_parser(void **state)
{
    (void)state;
    pv_event_parser_destroy(parser);
    return 0;
}

static inline enum pv_reason parse_bytes(const char *value, size_t length)
{
    char *copy = exact_copy(value, length);
    enum pv_reason reason =
        pv_event_json_parse(parser, copy, length, message_ts_ms, now_ms, &event);

    free(copy);
    return reason;
}

static inline enum pv_reason parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static inline void expect(const char *text, enum pv_reason expected)
{
    enum pv_reason reason = parse(text);

    if (reason != expected)
        fail_msg("%.200s: is %s, not %s", text, pv_reason_name(reason), pv_reason_name(expected));
}

#define VALID PV_REASON_NONE

/* An event with `member` behind a good article. */
static inline void expect_member(const char *member, enum pv_reason expected)
{
    char text[PV_EVENT_SIZE_MAX + 1];

    snprintf(text, sizeof text, "{\"article\":\"/a\",%s}", member);
    expect(text, expected);
}

static inline void assert_text(struct pv_text text, const char *expected)
{
    assert_non_null(text.data);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

#endif
