#include "test_pageview_support.h"

#include "dashboard-export/snapshot.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define STAMP  "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":        12"
#define ABOUT(schema)                                                                              \
    STAMP ",\"schema\":\"pageviews/" schema "\",\"exact\":true,\"counted_to\":{\"pageviews/"       \
          "0\":123}"

static char field[] = "pageviews/0";
static struct pv_offset offset = {field, 9, 0, 123};
static const struct pv_offsets offsets = {&offset, 1};
static const struct pv_offsets no_offsets;
static const struct pv_snapshot_stamp stamp = {NOW_MS, NOW_MS - 12345};

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
    const struct pv_snapshot_about about = {stamp, true, &offsets};
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
    assert_text(&text,
                ABOUT("top/1") ",\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"23\","
                               "\"articles\":[{\"article\":\"/a\",\"views\":9,\"rank\":1},"
                               "{\"article\":\"/b\",\"views\":4,\"rank\":2}]}]}\n");
}

static void top_of_an_hour_names_the_hour(void **state)
{
    const struct pv_snapshot_about about = {stamp, false, &no_offsets};
    struct pv_buffer text = {0};
    struct pv_error error;
    struct pv_top top;

    (void)state;
    assert_int_equal(pv_top_init(&top, 10, &error), PV_OK);
    pv_top_finish(&top);
    pv_snapshot_top(&text, &about, PV_BUCKET_HOUR, NOW_MS, &top);
    pv_top_clean_up(&top);
    assert_text(&text, STAMP ",\"schema\":\"pageviews/top/1\",\"exact\":false,\"counted_to\":{},"
                             "\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"24\","
                             "\"hour\":\"13\",\"articles\":[]}]}\n");
}

static void article_ids_are_escaped(void **state)
{
    const struct pv_count article = {"/\"\\\n<\xc3\xa4", 7, 0, 5};
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_archive_line(&text, &article);
    assert_text(&text, "{\"article\":\"/\\\"\\\\\\u000a<\xc3\xa4\",\"views\":5}\n");
}

static void list_of_articles_begins_with_what_it_is(void **state)
{
    const struct pv_snapshot_about about = {stamp, true, &offsets};
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_archive_head(&text, &about, 2);
    assert_text(&text, ABOUT("archive/1") ",\"articles\":2}\n");
}

static void site_is_listed_minute_by_minute(void **state)
{
    const struct pv_snapshot_about about = {stamp, true, &offsets};
    struct pv_count_list minutes = {0};
    struct pv_buffer text = {0};

    (void)state;
    list_add(&minutes, "13:05", 4);
    list_add(&minutes, "00:59", 2);
    pv_count_list_finish(&minutes);
    pv_snapshot_site(&text, &about, &minutes);
    pv_count_list_clean_up(&minutes);
    assert_text(&text, ABOUT("site/1") ",\"items\":[{\"time\":\"00:59\",\"views\":2},"
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
    pv_snapshot_totals(&text, &stamp, &totals);
    pv_totals_clean_up(&totals);
    assert_text(&text,
                STAMP ",\"schema\":\"pageviews/totals/"
                      "1\",\"exact\":true,\"counted_to\":{},\"events\":45,\"views\":40,"
                      "\"filtered\":{\"not_json\":2,\"spider\":3},\"articles\":7,"
                      "\"today\":{\"date\":\"2026-11-24\",\"views\":6,\"filtered\":{\"spider\":1}}"
                      "}\n");
}

static void filtered_day_adds_up(void **state)
{
    const struct pv_snapshot_about about = {stamp, true, &offsets};
    struct pv_count_list reasons = {0};
    struct pv_buffer text = {0};

    (void)state;
    list_add(&reasons, "spider", 3);
    list_add(&reasons, "not_json", 2);
    pv_count_list_finish(&reasons);
    pv_snapshot_filtered(&text, &about, NOW_MS - PV_DAY_MS, &reasons);
    pv_count_list_clean_up(&reasons);
    assert_text(&text, ABOUT("filtered/1") ",\"date\":\"2026-11-23\",\"events\":5,"
                                           "\"reasons\":{\"not_json\":2,\"spider\":3}}\n");
}

static void live_has_sixty_minutes_with_their_dates(void **state)
{
    struct pv_live live = {.offsets = offsets,
                           .first_ms = NOW_MS - NOW_MS % PV_DAY_MS - 59 * PV_MINUTE_MS,
                           .recent_views = 9,
                           .recent_people = 4};
    struct pv_buffer text = {0};

    (void)state;
    live.views[0] = 1;
    live.views[59] = 9;
    pv_snapshot_live(&text, &stamp, &live);
    pv_buffer_add_char(&text, '\0');
    assert_contains(text.data, ABOUT("live/1") ",\"now\":{\"minutes\":5,\"views\":9,\"people\":4},"
                                               "\"items\":[{\"time\":\"2026-11-23T23:01:00Z\","
                                               "\"views\":1},");
    assert_contains(text.data, ",{\"time\":\"2026-11-24T00:00:00Z\",\"views\":9}]}\n");
    pv_buffer_clean_up(&text);
}

/* /a is new, /b went from the third place to the second. */
static void trending_list_tells_of_articles_and_their_change(void **state)
{
    struct pv_trending_item items[] = {{"/a", 2, "3.25", 40, "A \"title\"", "news"},
                                       {"/b", 2, "1", 1, NULL, NULL}};
    struct pv_trending_item before[] = {{"/c", 2, "3", 1, NULL, NULL},
                                        {"/d", 2, "2", 1, NULL, NULL},
                                        {"/b", 2, "1", 1, NULL, NULL}};
    const struct pv_trending now = {.items = items, .count = 2, .offsets = offsets};
    const struct pv_trending then = {.items = before, .count = 3};
    struct pv_ranks ranks = {0};
    struct pv_ranked_list *ranked = pv_ranks_list(&ranks, "trending:hot:section:news");
    struct pv_buffer text = {0};

    (void)state;
    assert_non_null(ranked);
    pv_ranks_remember(&ranks, ranked, NOW_MS - PV_HOUR_MS, &then);
    pv_snapshot_trending(&text, &stamp, "hot", "news", &now, ranked);
    pv_ranks_clean_up(&ranks);
    assert_text(&text,
                ABOUT("trending/1") ",\"list\":\"hot\",\"section\":\"news\",\"items\":["
                                    "{\"rank\":1,\"article\":\"/a\",\"title\":\"A \\\"title\\\"\","
                                    "\"section\":\"news\",\"views\":40,\"score\":3.25,"
                                    "\"change\":null},"
                                    "{\"rank\":2,\"article\":\"/b\",\"title\":null,"
                                    "\"section\":null,\"views\":1,\"score\":1,\"change\":1}]}\n");
}

static void lag_is_never_negative_and_null_without_a_commit(void **state)
{
    static const struct {
        int64_t committed_ms;
        const char *lag;
    } cases[] = {{-1, ":      null,"},
                 {NOW_MS, ":         0,"},
                 {NOW_MS + 5000, ":         0,"},
                 {NOW_MS - 59999, ":        59,"},
                 {0, ":1795525507,"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct pv_snapshot_stamp made = {NOW_MS, cases[i].committed_ms};
        struct pv_buffer text = {0};

        pv_snapshot_write_stamp(&text, &made, "top/1");
        pv_buffer_add_char(&text, '\0');
        assert_contains(text.data, cases[i].lag);
        pv_buffer_clean_up(&text);
    }
}

static void index_lists_the_files(void **state)
{
    char path_a[] = "site/2026-11-23.json", path_b[] = "totals.json";
    struct pv_index_file files[] = {{path_a, 12, "2026-11-23T23:59:58Z"},
                                    {path_b, 3456, "2026-11-24T13:05:07Z"}};
    const struct pv_index index = {files, 2, 2};
    struct pv_count_list sections = {0};
    const struct pv_snapshot_names names = {"Europe/Berlin", 2, 3, &sections};
    struct pv_buffer text = {0};
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_count_list_add(&sections, "news", 4, 1, &error), PV_OK);
    assert_int_equal(pv_count_list_add(&sections, "/a b", 4, 1, &error), PV_OK);
    assert_int_equal(pv_count_list_add(&sections, "news", 4, 1, &error), PV_OK); /* of two lists */
    pv_count_list_finish(&sections);
    pv_snapshot_index(&text, &stamp, &names, &index);
    pv_count_list_clean_up(&sections);
    assert_text(&text, STAMP ",\"schema\":\"pageviews/index/1\",\"timezone\":\"Europe/Berlin\","
                             "\"days\":2,\"hours\":3,\"names\":{\"rule\":1,\"sections\":{"
                             "\"/a b\":\"~/~c8687a08aa5d6ed2044328fa6a697ab8\",\"news\":\"news\"}},"
                             "\"files\":[{\"path\":\"site/"
                             "2026-11-23.json\",\"bytes\":12,"
                             "\"generated_at\":\"2026-11-23T23:59:58Z\"},"
                             "{\"path\":\"totals.json\",\"bytes\":3456,"
                             "\"generated_at\":\"2026-11-24T13:05:07Z\"}]}\n");
}

static void stamp_is_read_back(void **state)
{
    static const char *const others[] = {
        "{\"generated_at\":\"2026-11-24T13:05:07\",\"lag_seconds\":          12",
        "{\"generated_at\":\"2026-11-24",
        "{\"generated-at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":        12",
        "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":      \"12\"",
        "{\"generated_at\":\"2026-1x-24T13:05:07Z\",\"lag_seconds\":        12",
        ""};
    char time[PV_TIME_TEXT_SIZE];
    struct pv_buffer text = {0};

    (void)state;
    pv_snapshot_write_stamp(&text, &stamp, "top/1");
    assert_memory_equal(text.data, STAMP ",", PV_SNAPSHOT_STAMP_SIZE + 1);
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
        cmocka_unit_test(filtered_day_adds_up),
        cmocka_unit_test(live_has_sixty_minutes_with_their_dates),
        cmocka_unit_test(trending_list_tells_of_articles_and_their_change),
        cmocka_unit_test(lag_is_never_negative_and_null_without_a_commit),
        cmocka_unit_test(index_lists_the_files),
        cmocka_unit_test(stamp_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
