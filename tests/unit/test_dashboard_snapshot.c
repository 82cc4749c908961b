#include "test_pageview_support.h"

#include "dashboard-export/snapshot.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define STAMP  "{\"generated_at\":\"2026-11-24T13:05:07Z\""

static char field[] = "pageviews/0";
static struct pv_offset offset = {field, 9, 0, 123};
static const struct pv_offsets offsets = {&offset, 1};
static const struct pv_offsets no_offsets;

static void assert_text(struct pv_buffer *text, const char *expected)
{
    assert_false(text->failed);
    pv_buffer_add_char(text, '\0');
    assert_string_equal(text->data, expected);
    pv_buffer_clean_up(text);
}

static void list_add(struct pv_count_list *list, const char *name, int64_t count)
{
    struct pv_error error;

    assert_int_equal(pv_count_list_add(list, name, strlen(name), count, &error), PV_OK);
}

static void top_of_a_day_has_wikimedias_shape(void **state)
{
    const struct pv_snapshot_about about = {NOW_MS, true, &offsets};
    struct pv_buffer text = {0};
    struct pv_error error;
    struct pv_top top;

    (void)state;
    assert_int_equal(pv_top_init(&top, 10, &error), PV_OK);
    assert_int_equal(pv_top_add(&top, "/b", 2, 4, &error), PV_OK);
    assert_int_equal(pv_top_add(&top, "/a", 2, 9, &error), PV_OK);
    pv_top_finish(&top);
    pv_snapshot_top(&text, &about, PV_BUCKET_DAY, NOW_MS - PV_DAY_MS, &top);
    pv_top_clean_up(&top);
    assert_text(&text, STAMP ",\"exact\":true,\"offsets\":{\"pageviews/0\":123},"
                             "\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"23\","
                             "\"articles\":[{\"article\":\"/a\",\"views\":9,\"rank\":1},"
                             "{\"article\":\"/b\",\"views\":4,\"rank\":2}]}]}\n");
}

static void top_of_an_hour_names_the_hour(void **state)
{
    const struct pv_snapshot_about about = {NOW_MS, false, &no_offsets};
    struct pv_buffer text = {0};
    struct pv_error error;
    struct pv_top top;

    (void)state;
    assert_int_equal(pv_top_init(&top, 10, &error), PV_OK);
    pv_top_finish(&top);
    pv_snapshot_top(&text, &about, PV_BUCKET_HOUR, NOW_MS, &top);
    pv_top_clean_up(&top);
    assert_text(&text, STAMP ",\"exact\":false,\"offsets\":{},"
                             "\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"24\","
                             "\"hour\":\"13\",\"articles\":[]}]}\n");
}

static void article_ids_are_escaped(void **state)
{
    const struct pv_count article = {"/\"\\\n<\xc3\xa4", 7, 5};
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_articles_line(&text, &article);
    assert_text(&text, "{\"article\":\"/\\\"\\\\\\u000a<\xc3\xa4\",\"views\":5}\n");
}

static void list_of_articles_begins_with_what_it_is(void **state)
{
    const struct pv_snapshot_about about = {NOW_MS, true, &offsets};
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_articles_head(&text, &about, 2);
    assert_text(&text, STAMP ",\"exact\":true,\"offsets\":{\"pageviews/0\":123},\"articles\":2}\n");
}

static void site_is_listed_minute_by_minute(void **state)
{
    const struct pv_snapshot_about about = {NOW_MS, true, &offsets};
    struct pv_count_list minutes = {0};
    struct pv_buffer text = {0};

    (void)state;
    list_add(&minutes, "13:05", 4);
    list_add(&minutes, "00:59", 2);
    pv_count_list_finish(&minutes);
    pv_snapshot_site(&text, &about, &minutes);
    pv_count_list_clean_up(&minutes);
    assert_text(&text, STAMP ",\"exact\":true,\"offsets\":{\"pageviews/0\":123},"
                             "\"items\":[{\"time\":\"00:59\",\"views\":2},"
                             "{\"time\":\"13:05\",\"views\":4}]}\n");
}

static void totals_add_up(void **state)
{
    struct pv_totals totals = {
        .views = 40, .articles = 7, .today_ms = NOW_MS - NOW_MS % PV_DAY_MS, .today_views = 6};
    struct pv_buffer text = {0};

    (void)state;
    list_add(&totals.filtered, "not_json", 2);
    list_add(&totals.filtered, "spider", 3);
    list_add(&totals.today_filtered, "spider", 1);
    pv_snapshot_totals(&text, NOW_MS, &totals);
    pv_totals_clean_up(&totals);
    assert_text(&text,
                STAMP ",\"exact\":true,\"offsets\":{},\"events\":45,\"views\":40,"
                      "\"filtered\":{\"not_json\":2,\"spider\":3},\"articles\":7,"
                      "\"today\":{\"date\":\"2026-11-24\",\"views\":6,\"filtered\":{\"spider\":1}}"
                      "}\n");
}

static void index_lists_the_files(void **state)
{
    char path_a[] = "site/2026-11-23.json", path_b[] = "totals.json";
    struct pv_index_file files[] = {{path_a, 12, "2026-11-23T23:59:58Z"},
                                    {path_b, 3456, "2026-11-24T13:05:07Z"}};
    const struct pv_index index = {files, 2, 2};
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_index(&text, NOW_MS, &index);
    assert_text(&text, STAMP ",\"files\":[{\"path\":\"site/2026-11-23.json\",\"bytes\":12,"
                             "\"generated_at\":\"2026-11-23T23:59:58Z\"},"
                             "{\"path\":\"totals.json\",\"bytes\":3456,"
                             "\"generated_at\":\"2026-11-24T13:05:07Z\"}]}\n");
}

static void stamp_is_read_back(void **state)
{
    static const char *const others[] = {"{\"generated_at\":\"2026-11-24T13:05:07\"}     ",
                                         "{\"generated_at\":\"2026-11-24",
                                         "{\"generated-at\":\"2026-11-24T13:05:07Z\",",
                                         "{\"generated_at\":\"2026-1x-24T13:05:07Z\",", ""};
    char time[PV_TIME_TEXT_SIZE];
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_write_stamp(&text, NOW_MS);
    assert_int_equal(text.length, PV_SNAPSHOT_STAMP_SIZE);
    assert_true(pv_snapshot_stamp_read(text.data, text.length, time));
    assert_string_equal(time, "2026-11-24T13:05:07Z");
    pv_buffer_clean_up(&text);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(pv_snapshot_stamp_read(others[i], strlen(others[i]), time));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_of_a_day_has_wikimedias_shape),
        cmocka_unit_test(top_of_an_hour_names_the_hour),
        cmocka_unit_test(article_ids_are_escaped),
        cmocka_unit_test(list_of_articles_begins_with_what_it_is),
        cmocka_unit_test(site_is_listed_minute_by_minute),
        cmocka_unit_test(totals_add_up),
        cmocka_unit_test(index_lists_the_files),
        cmocka_unit_test(stamp_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
