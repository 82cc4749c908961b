#include "test_pageview_support.h"

#include "dashboard-export/archive_file.h"
#include "dashboard-export/index.h"
#include "dashboard_files.h"

#define NOW_MS   INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define SNAPSHOT "{\"generated_at\":\"2026-11-23T10:00:00Z\",\"lag_seconds\":         1,\"n\":1}\n"

static void assert_entry(const struct pv_index *index, size_t i, const char *path, int64_t bytes,
                         const char *generated_at)
{
    assert_true(i < index->count);
    assert_string_equal(index->files[i].path, path);
    assert_int_equal(index->files[i].bytes, bytes);
    assert_string_equal(index->files[i].generated_at, generated_at);
}

static void make_below(const char *directory, const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    assert_return_code(mkdir(path, 0755), 0);
}

static void put_articles(const struct pv_directory *directory)
{
    const struct pv_offsets no_offsets = {0};
    const struct pv_snapshot_about about = {{NOW_MS, -1}, true, &no_offsets};
    const struct pv_count_list none = {0};
    struct pv_published published;
    struct pv_error error;

    assert_int_equal(pv_archive_file_publish(directory, &about, &none, &published, &error), PV_OK);
}

static void every_snapshot_on_disk_is_listed_and_nothing_else(void **state)
{
    static const char *const others[] = {"index.json", "totals.json.gz",      ".totals.json.tmp",
                                         "index.html", "top/2026-11-24.json", "\xff.json"};
    char path[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_index index;
    struct pv_error error;

    (void)state;
    make_directory(path);
    make_below(path, "site");
    make_below(path, "top");
    make_below(path, "top/day");
    make_below(path, "directory.json");
    put_file(path, "top/day/2026-11-24.json", SNAPSHOT, strlen(SNAPSHOT));
    put_file(path, "top/day/2025-01-01.json", SNAPSHOT, strlen(SNAPSHOT)); /* long ago */
    put_file(path, "site/2026-11-24.json", SNAPSHOT, strlen(SNAPSHOT));
    put_file(path, "totals.json", SNAPSHOT, strlen(SNAPSHOT));
    put_file(path, "manifest.json", "{\"name\":\"somebody else's\"}", 26);
    put_file(path, "empty.json", "", 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        put_file(path, others[i], SNAPSHOT, strlen(SNAPSHOT));
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    put_articles(&directory);

    assert_int_equal(pv_index_scan(&directory, &index, &error), PV_OK);
    assert_int_equal(index.count, 5);
    assert_entry(&index, 0, "articles.ndjson.gz", file_identity(path, "articles.ndjson.gz").st_size,
                 "2026-11-24T13:05:07Z");
    assert_entry(&index, 1, "site/2026-11-24.json", strlen(SNAPSHOT), "2026-11-23T10:00:00Z");
    assert_entry(&index, 2, "top/day/2025-01-01.json", strlen(SNAPSHOT), "2026-11-23T10:00:00Z");
    assert_entry(&index, 3, "top/day/2026-11-24.json", strlen(SNAPSHOT), "2026-11-23T10:00:00Z");
    assert_entry(&index, 4, "totals.json", strlen(SNAPSHOT), "2026-11-23T10:00:00Z");
    pv_index_clean_up(&index);
    pv_directory_clean_up(&directory);
    remove_directory(path);
}

static void empty_directory_has_an_empty_index(void **state)
{
    char path[TEST_PATH_SIZE];
    struct pv_directory directory;
    struct pv_index index;
    struct pv_error error;

    (void)state;
    make_directory(path);
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    assert_int_equal(pv_index_scan(&directory, &index, &error), PV_OK);
    assert_int_equal(index.count, 0);
    pv_index_clean_up(&index);
    pv_directory_clean_up(&directory);
    remove_directory(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_snapshot_on_disk_is_listed_and_nothing_else),
        cmocka_unit_test(empty_directory_has_an_empty_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
