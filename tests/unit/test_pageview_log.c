/* The program's clocks are this file's, so that minutes pass when a test says so: the linker takes
 * these and leaves pageview/clock.c out. */
#include "test_pageview_support.h"

#include <fcntl.h>

#include "pageview/clock.h"
#include "pageview/log.h"

static int64_t monotonic_ms = 1000;

int64_t pv_monotonic_ms(void)
{
    return monotonic_ms;
}

static int64_t fixed_now_ms(void *context)
{
    (void)context;
    return INT64_C(1795525507123);
}

const struct pv_clock pv_wall_clock = {fixed_now_ms, NULL};

#define STAMP "2026-11-24T13:05:07.123Z "

static int stderr_saved, pipe_end;
static char logged[65536];

static int capture(void **state)
{
    int ends[2];

    (void)state;
    if (pipe(ends) != 0)
        return -1;
    fflush(stderr);
    stderr_saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    pipe_end = ends[0];
    fcntl(pipe_end, F_SETFL, O_NONBLOCK);
    pv_log_set_level(PV_LOG_INFO);
    monotonic_ms += 3600000;
    return 0;
}

/* What was written since the last call. */
static const char *written(void)
{
    ssize_t length = read(pipe_end, logged, sizeof logged - 1);

    logged[length > 0 ? length : 0] = '\0';
    return logged;
}

static int release(void **state)
{
    (void)state;
    dup2(stderr_saved, STDERR_FILENO);
    close(stderr_saved);
    close(pipe_end);
    return 0;
}

static void a_line_has_time_level_event_and_fields(void **state)
{
    (void)state;
    pv_log(PV_LOG_WARN, "redis_away", PV_TEXT("error", "refused"), PV_NUMBER("retry_ms", 500),
           PV_NUMBER("least", INT64_MIN));
    assert_string_equal(written(), STAMP "warn event=redis_away error=refused retry_ms=500 "
                                         "least=-9223372036854775808\n");
}

static void every_level_has_its_word(void **state)
{
    (void)state;
    pv_log_set_level(PV_LOG_DEBUG);
    pv_log(PV_LOG_DEBUG, "levels", PV_NUMBER("n", 0));
    pv_log(PV_LOG_INFO, "levels", PV_NUMBER("n", 1));
    pv_log(PV_LOG_ERROR, "levels", PV_NUMBER("n", 3));
    assert_string_equal(written(),
                        STAMP "debug event=levels n=0\n" STAMP "info event=levels n=1\n" STAMP
                              "error event=levels n=3\n");
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    pv_log(PV_LOG_DEBUG, "below", PV_NUMBER("n", 1));
    assert_string_equal(written(), "");
    pv_log_set_level(PV_LOG_ERROR);
    pv_log(PV_LOG_WARN, "below", PV_NUMBER("n", 2));
    assert_string_equal(written(), "");
    pv_log(PV_LOG_ERROR, "below", PV_NUMBER("n", 3));
    assert_contains(written(), "event=below n=3\n");
}

static void values_are_quoted_when_they_need_it(void **state)
{
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"/a/b:1,2;%#", "/a/b:1,2;%#"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nbreak", "\"line break\""},
        {"tab\tand\x1b[31m", "\"tab and [31m\""},
        {"del\x7f", "\"del \""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[128];

        monotonic_ms += 60000;
        pv_log(PV_LOG_INFO, "quoting", PV_TEXT("value", cases[i].value), PV_TEXT("last", "x"));
        snprintf(expected, sizeof expected, STAMP "info event=quoting value=%s last=x\n",
                 cases[i].shown);
        assert_string_equal(written(), expected);
    }
}

static void a_line_too_long_is_cut_and_still_one_line(void **state)
{
    static char huge[10000];
    const char *line;

    (void)state;
    memset(huge, '"', sizeof huge - 1);
    pv_log(PV_LOG_INFO, "huge", PV_TEXT("value", huge), PV_TEXT("more", huge));
    line = written();
    assert_int_equal(strlen(line), 4096);
    assert_ptr_equal(strchr(line, '\n'), line + 4095);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    while ((text = strchr(text, '\n')) != NULL) {
        lines++;
        text++;
    }
    return lines;
}

static void an_event_is_limited_and_says_how_many_were_suppressed(void **state)
{
    const char *text;

    (void)state;
    for (int i = 0; i < 25; i++)
        pv_log(PV_LOG_WARN, "flood", PV_NUMBER("n", i));
    text = written();
    assert_int_equal(count_lines(text), 10);
    assert_contains(text, "event=flood n=9\n");
    assert_lacks(text, "suppressed");
    monotonic_ms += 9999;
    pv_log(PV_LOG_WARN, "flood", PV_NUMBER("n", 25));
    assert_string_equal(written(), "");
    monotonic_ms += 1;
    pv_log(PV_LOG_WARN, "flood", PV_NUMBER("n", 26));
    assert_string_equal(written(), STAMP "warn event=flood n=26 suppressed=16\n");
    pv_log(PV_LOG_WARN, "flood", PV_NUMBER("n", 27));
    assert_string_equal(written(), STAMP "warn event=flood n=27\n");
}

static void one_event_does_not_silence_another(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++)
        pv_log(PV_LOG_WARN, "noisy", PV_NUMBER("n", i));
    written();
    pv_log(PV_LOG_WARN, "quiet", PV_NUMBER("n", 1));
    assert_contains(written(), "event=quiet n=1\n");
}

static void more_events_than_places_still_write(void **state)
{
    static char names[100][16];
    size_t lines = 0;

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 100; i++) {
            monotonic_ms += 10000;
            snprintf(names[i], sizeof names[i], "event_%d", i);
            pv_log(PV_LOG_INFO, names[i], PV_NUMBER("round", round));
            assert_contains(written(), names[i]);
            lines++;
        }
    assert_int_equal(lines, 200);
}

static void nobody_reading_stderr_is_no_reason_to_fail(void **state)
{
    (void)state;
    close(STDERR_FILENO);
    pv_log(PV_LOG_ERROR, "unheard", PV_NUMBER("n", 1));
    assert_string_equal(written(), "");
}

#define captured(test) cmocka_unit_test_setup_teardown(test, capture, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        captured(a_line_has_time_level_event_and_fields),
        captured(every_level_has_its_word),
        captured(lines_below_the_level_are_not_written),
        captured(values_are_quoted_when_they_need_it),
        captured(a_line_too_long_is_cut_and_still_one_line),
        captured(an_event_is_limited_and_says_how_many_were_suppressed),
        captured(one_event_does_not_silence_another),
        captured(more_events_than_places_still_write),
        captured(nobody_reading_stderr_is_no_reason_to_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
