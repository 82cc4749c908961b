#include "test_pageview_support.h"

#include "dashboard-export/serve/conditional.h"

#define ETAG "W/\"abc,d\""
/* Sun, 06 Nov 1994 08:49:37 GMT: the example of RFC 9110. */
#define MODIFIED_S INT64_C(784111777)

static void date_is_written_and_read_as_the_standard_has_it(void **state)
{
    static const struct {
        int64_t time_s;
        const char *text;
    } known[] = {
        {MODIFIED_S, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {INT64_C(951782400), "Tue, 29 Feb 2000 00:00:00 GMT"},
        {INT64_C(1796041627), "Mon, 30 Nov 2026 12:27:07 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[PV_HTTP_DATE_SIZE];
        int64_t time_s = -1;

        pv_http_date_write(known[i].time_s, text);
        assert_string_equal(text, known[i].text);
        assert_true(pv_http_date_read(text, &time_s));
        assert_int_equal(time_s, known[i].time_s);
    }
}

static void other_text_is_no_date(void **state)
{
    static const char *const texts[] = {
        "",
        "now",
        "1994-11-06T08:49:37Z",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 31 Jun 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1894 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t time_s;

        if (pv_http_date_read(texts[i], &time_s))
            fail_msg("taken for a date: %s", texts[i]);
    }
}

static void content_of_the_same_tag_is_there_already(void **state)
{
    static const char *const lists[] = {
        ETAG, "\"abc,d\"", "*", "\"x\", " ETAG, "\"x\",W/\"y\",\"abc,d\" , \"z\"", ", ,\"abc,d\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (!pv_has_already(lists[i], NULL, ETAG, -1))
            fail_msg("%s does not have it", lists[i]);
}

static void content_of_another_tag_is_sent(void **state)
{
    static const char *const lists[] = {
        "",           "\"abc\"",   "abc,d",       "\"abc,d", "W/", "w/\"abc,d\"",
        "\"abc,dd\"", "\"abc,e\"", "x \"abc,d\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (pv_has_already(lists[i], NULL, ETAG, -1))
            fail_msg("%s has it", lists[i]);
}

static void tag_beats_time(void **state)
{
    (void)state;
    assert_false(pv_has_already("\"x\"", "Sun, 06 Nov 1994 08:49:37 GMT", ETAG, MODIFIED_S));
    assert_true(pv_has_already(ETAG, "Sun, 06 Nov 1994 08:49:36 GMT", ETAG, MODIFIED_S));
}

static void content_that_is_not_newer_is_there_already(void **state)
{
    (void)state;
    assert_true(pv_has_already(NULL, "Sun, 06 Nov 1994 08:49:37 GMT", ETAG, MODIFIED_S));
    assert_true(pv_has_already(NULL, "Sun, 06 Nov 1994 08:49:38 GMT", ETAG, MODIFIED_S));
    assert_false(pv_has_already(NULL, "Sun, 06 Nov 1994 08:49:36 GMT", ETAG, MODIFIED_S));
    assert_false(pv_has_already(NULL, "yesterday", ETAG, MODIFIED_S));
    assert_false(pv_has_already(NULL, "Sun, 06 Nov 1994 08:49:37 GMT", ETAG, -1));
    assert_false(pv_has_already(NULL, NULL, ETAG, MODIFIED_S));
}

static void gzip_is_sent_to_whom_it_is_welcome(void **state)
{
    static const char *const takes[] = {
        "gzip", "GZIP",         "deflate, gzip;q=0.5", "br,gzip",
        "*",    "gzip;q=1.000", "gzip ; q=0.001",      "identity;q=0, *;q=0.1",
    };
    static const char *const refuses[] = {
        "", "br", "xgzip", "gzipx", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *",
    };

    (void)state;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        if (!pv_accepts_gzip(takes[i]))
            fail_msg("%s does not take it", takes[i]);
    for (size_t i = 0; i < sizeof refuses / sizeof *refuses; i++)
        if (pv_accepts_gzip(refuses[i]))
            fail_msg("%s takes it", refuses[i]);
    assert_false(pv_accepts_gzip(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_is_written_and_read_as_the_standard_has_it),
        cmocka_unit_test(other_text_is_no_date),
        cmocka_unit_test(content_of_the_same_tag_is_there_already),
        cmocka_unit_test(content_of_another_tag_is_sent),
        cmocka_unit_test(tag_beats_time),
        cmocka_unit_test(content_that_is_not_newer_is_there_already),
        cmocka_unit_test(gzip_is_sent_to_whom_it_is_welcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
