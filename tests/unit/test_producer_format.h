/* What the tests of log formats share: a format, a line, and what is in the hit. */
#ifndef TEST_PRODUCER_FORMAT_H
#define TEST_PRODUCER_FORMAT_H

#include "test_pageview_support.h"

#include "producer/formats/log_format.h"

/* The format of the lines that follow; the one before is destroyed. */
static struct pv_log_format *format;

static inline void use_format(const char *text)
{
    struct pv_error error;

    pv_log_format_destroy(format);
    format = NULL;
    if (pv_log_format_new(text, &format, &error) != PV_OK)
        fail_msg("%s: %s", text, error.text);
}

static inline int drop_format(void **state)
{
    (void)state;
    pv_log_format_destroy(format);
    format = NULL;
    return 0;
}

static inline struct pv_hit parse(const char *line)
{
    struct pv_hit hit;

    memset(&hit, 0x5a, sizeof hit); /* a field that is not filled shows */
    if (!pv_log_format_parse(format, line, strlen(line), &hit))
        fail_msg("bad_line: %s", line);
    return hit;
}

/* Parses a copy that ends where its memory does, so that the sanitizer sees a byte read too much.
 */
static inline bool parses_bytes(const char *line, size_t length)
{
    char *copy = malloc(length + 1);
    struct pv_hit hit;
    bool parsed;

    assert_non_null(copy);
    memcpy(copy + 1, line, length);
    parsed = pv_log_format_parse(format, copy + 1, length, &hit);
    free(copy);
    return parsed;
}

static inline bool parses(const char *line)
{
    return parses_bytes(line, strlen(line));
}

/* NULL: the source does not say. */
static inline void expect_text(struct pv_text text, const char *expected, const char *where,
                               int line)
{
    size_t length = expected == NULL ? 0 : strlen(expected);

    if ((text.data == NULL) != (expected == NULL) || text.length != length ||
        (length > 0 && memcmp(text.data, expected, length) != 0))
        fail_msg("%s:%d: \"%.*s\" is not \"%s\"", where, line, (int)text.length,
                 text.data == NULL ? "" : text.data, expected == NULL ? "(nothing)" : expected);
}
#define assert_text(text, expected) expect_text(text, expected, __FILE__, __LINE__)

/* ---- Tables that nginx's formats and Apache's both have ---- */

#define CASES(table) (table), sizeof(table) / sizeof *(table)

struct time_case {
    const char *format, *time;
    int64_t ts_ms;
};

/* Uses the time's format before `rest`, which has the request in quotes and the status, and gives
 * a line of it. */
static inline const char *line_of_time(const char *time_format, const char *time, const char *rest)
{
    static char text[256];

    snprintf(text, sizeof text, "%s%s", time_format, rest);
    use_format(text);
    snprintf(text, sizeof text, "%s \"GET / HTTP/1.1\" 200", time);
    return text;
}

static inline void expect_times(const char *rest, const struct time_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(parse(line_of_time(cases[i].format, cases[i].time, rest)).ts_ms,
                         cases[i].ts_ms);
}

static inline void expect_bad_times(const char *rest, const char *const (*cases)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *line = line_of_time(cases[i][0], cases[i][1], rest);

        if (parses(line))
            fail_msg("taken: %s", line);
    }
}

struct request_case {
    const char *format, *line, *method, *target;
};

/* `time` is the format of a time in seconds, `status` that of a status. */
static inline void expect_requests(const char *time, const char *status,
                                   const struct request_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[256];
        struct pv_hit hit;

        snprintf(text, sizeof text, "%s\t%s\t%s", time, cases[i].format, status);
        use_format(text);
        snprintf(text, sizeof text, "1\t%s\t200", cases[i].line);
        hit = parse(text);
        assert_text(hit.method, cases[i].method);
        assert_text(hit.target, cases[i].target);
    }
}

/* The text of the error that the format gives. */
static inline const char *refusal(const char *text)
{
    static struct pv_error error;
    struct pv_log_format *made = NULL;

    if (pv_log_format_new(text, &made, &error) == PV_OK) {
        pv_log_format_destroy(made);
        fail_msg("taken: %s", text);
    }
    assert_int_equal(error.status, PV_INVALID);
    return error.text;
}

#define FORMAT_TEST(name) cmocka_unit_test_teardown(name, drop_format)

#endif
