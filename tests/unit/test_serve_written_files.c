#include "test_pageview_support.h"

#include "dashboard-export/serve/written_files.h"

static void assert_taken(struct pv_written_files *files, const char *json)
{
    struct pv_buffer text = {0};

    assert_int_equal(pv_written_files_take(files, &text), json != NULL);
    if (json != NULL) {
        assert_int_equal(text.length, strlen(json));
        assert_memory_equal(text.data, json, text.length);
    }
    pv_buffer_clean_up(&text);
}

static void files_are_told_once_and_those_of_articles_never(void **state)
{
    struct pv_written_files files = {0};

    (void)state;
    assert_taken(&files, NULL);
    pv_written_files_add(&files, "articles/a.json");
    pv_written_files_add(&files, "also-read/a.json");
    assert_taken(&files, NULL);
    pv_written_files_add(&files, "totals.json");
    pv_written_files_add(&files, "trending/hot/\xc3\xa4.json");
    pv_written_files_add(&files, "articles.ndjson.gz");
    assert_taken(&files, "{\"paths\":[\"totals.json\",\"trending/hot/\xc3\xa4.json\","
                         "\"articles.ndjson.gz\"]}");
    assert_taken(&files, NULL);
    pv_written_files_clean_up(&files);
}

static void more_than_fits_is_said_to_be_more(void **state)
{
    struct pv_written_files files = {0};
    struct pv_buffer text = {0};
    static const char end[] = "],\"more\":true}";

    (void)state;
    for (int i = 0; i < 10000; i++) {
        char path[32];

        snprintf(path, sizeof path, "trending/hot/%d.json", i);
        pv_written_files_add(&files, path);
    }
    assert_true(pv_written_files_take(&files, &text));
    assert_in_range(text.length, PV_WRITTEN_FILES_MAX, PV_WRITTEN_FILES_MAX + 100);
    assert_memory_equal(text.data + text.length - (sizeof end - 1), end, sizeof end - 1);
    pv_buffer_clean_up(&text);
    pv_written_files_add(&files, "a");
    assert_taken(&files, "{\"paths\":[\"a\"]}");
    pv_written_files_clean_up(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_told_once_and_those_of_articles_never),
        cmocka_unit_test(more_than_fits_is_said_to_be_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
