#include "test_pageview_support.h"

#include "dashboard-export/archive_file.h"
#include "dashboard-export/gzip.h"
#include "dashboard_out.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define NAME   "articles.ndjson.gz"

static const struct pv_offsets no_offsets;

struct fixture {
    struct out out;
    struct pv_count_list articles;
};

static void add(struct fixture *fixture, const char *name, int64_t count)
{
    struct pv_error error;

    assert_int_equal(pv_count_list_add(&fixture->articles, name, strlen(name), count, &error),
                     PV_OK);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    open_out(&fixture->out);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pv_count_list_clean_up(&fixture->articles);
    remove_out(&fixture->out);
    free(fixture);
    return 0;
}

/* Publishes; says whether the file was written. */
static bool publish(struct fixture *fixture, int64_t now_ms, bool exact)
{
    const struct pv_snapshot_about about = {{now_ms, -1}, exact, &no_offsets};
    struct pv_published published;
    struct pv_error error;

    pv_count_list_finish(&fixture->articles);
    assert_int_equal(pv_archive_file_publish(&fixture->out.directory, &about, &fixture->articles,
                                             &published, &error),
                     PV_OK);
    assert_int_equal(published.bytes, file_identity(fixture->out.path, NAME).st_size);
    return published.written;
}

static void assert_text(struct fixture *fixture, const char *expected)
{
    char path[TEST_PATH_SIZE], text[4096];
    struct pv_gzip_reader *reader;
    size_t got;

    join_path(path, fixture->out.path, NAME);
    reader = pv_gzip_reader_new(open(path, O_RDONLY));
    assert_true(pv_gzip_read(reader, text, sizeof text - 1, &got));
    text[got] = '\0';
    assert_string_equal(text, expected);
    pv_gzip_reader_destroy(reader);
}

static void every_article_has_a_line_in_order(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "/b", 2);
    add(fixture, "/a", 30);
    assert_true(publish(fixture, NOW_MS, true));
    assert_text(
        fixture,
        "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":      null,"
        "\"schema\":\"pageviews/archive/1\",\"exact\":true,\"counted_to\":{},\"articles\":2}\n"
        "{\"article\":\"/a\",\"views\":30}\n"
        "{\"article\":\"/b\",\"views\":2}\n");
    assert_int_equal(count_entries(fixture->out.path), 1);
}

static void add_many(struct fixture *fixture, int articles)
{
    char name[64];

    for (int i = 0; i < articles; i++) {
        snprintf(name, sizeof name, "/an/article/of/some/length/%d", i);
        add(fixture, name, i);
    }
}

static void same_counts_leave_the_file_alone(void **state)
{
    struct fixture *fixture = *state;
    struct stat before;

    add_many(fixture, 20000); /* several chunks */
    assert_true(publish(fixture, NOW_MS, true));
    before = file_identity(fixture->out.path, NAME);
    assert_false(publish(fixture, NOW_MS + 5000, true));
    assert_untouched(fixture->out.path, NAME, before);
}

static void difference_anywhere_is_written(void **state)
{
    struct fixture *fixture = *state;

    add_many(fixture, 20000);
    assert_true(publish(fixture, NOW_MS, true));
    assert_true(publish(fixture, NOW_MS, false));
    assert_false(publish(fixture, NOW_MS, false));
    fixture->articles.items[19999].count++;
    assert_true(publish(fixture, NOW_MS, false));
    fixture->articles.items[0].count++;
    assert_true(publish(fixture, NOW_MS, false));
    add(fixture, "/one/more", 1);
    assert_true(publish(fixture, NOW_MS, false));
    assert_false(publish(fixture, NOW_MS, false));
}

static void same_input_gives_the_same_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct pv_buffer first, second;
    char path[TEST_PATH_SIZE];

    add_many(fixture, 20000);
    assert_true(publish(fixture, NOW_MS, true));
    first = get_file(fixture->out.path, NAME);
    join_path(path, fixture->out.path, NAME);
    assert_return_code(unlink(path), 0);
    assert_true(publish(fixture, NOW_MS, true));
    second = get_file(fixture->out.path, NAME);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.data, second.data, first.length);
    pv_buffer_clean_up(&first);
    pv_buffer_clean_up(&second);
}

static void damaged_file_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct pv_buffer whole;

    add_many(fixture, 20000);
    assert_true(publish(fixture, NOW_MS, true));
    whole = get_file(fixture->out.path, NAME);
    for (size_t cut = whole.length - 1; cut > 0; cut /= 2) {
        put_file(fixture->out.path, NAME, whole.data, cut);
        assert_true(publish(fixture, NOW_MS, true));
        assert_false(publish(fixture, NOW_MS, true));
    }
    pv_buffer_clean_up(&whole);
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_directory(every_article_has_a_line_in_order),
        in_directory(same_counts_leave_the_file_alone),
        in_directory(difference_anywhere_is_written),
        in_directory(same_input_gives_the_same_bytes),
        in_directory(damaged_file_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
