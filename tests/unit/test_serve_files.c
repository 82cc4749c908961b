#include "test_pageview_support.h"

#include <unistd.h>

#include "dashboard-export/serve/files.h"
#include "dashboard_files.h"

#define STAMP(time) "{\"generated_at\":\"2026-11-24T13:05:" time "Z\",\"lag_seconds\":         1"

struct place {
    char base[TEST_PATH_SIZE], out[TEST_PATH_SIZE];
    struct pv_files *files;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct pv_error error;

    assert_non_null(place);
    make_directory(place->base);
    join_path(place->out, place->base, "out");
    assert_return_code(mkdir(place->out, 0755), 0);
    assert_int_equal(pv_files_new(place->out, &place->files, &error), PV_OK);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[TEST_PATH_SIZE + 16];

    pv_files_destroy(place->files);
    snprintf(command, sizeof command, "rm -rf %s", place->base);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static const struct pv_served_file *get(const struct place *place, const char *path, bool gzip)
{
    const struct pv_served_file *file;
    struct pv_error error;

    assert_int_equal(pv_files_get(place->files, path, gzip, &file, &error), PV_OK);
    return file;
}

static void put(const struct place *place, const char *name, const char *text)
{
    put_file(place->out, name, text, strlen(text));
}

/* The exporter's way: another file takes the name. */
static void replace(const struct place *place, const char *name, const char *text)
{
    char from[TEST_PATH_SIZE], to[TEST_PATH_SIZE];

    put(place, ".new", text);
    join_path(from, place->out, ".new");
    join_path(to, place->out, name);
    assert_return_code(rename(from, to), 0);
}

/* The tag of a file, which is there. */
static const char *tag_of(const struct place *place, const char *path, char tag[PV_ETAG_SIZE])
{
    const struct pv_served_file *file = get(place, path, false);

    assert_non_null(file);
    memcpy(tag, file->etag, PV_ETAG_SIZE);
    return tag;
}

static void same_content_has_the_same_tag_but_for_the_stamp(void **state)
{
    const struct place *place = *state;
    char a[PV_ETAG_SIZE], b[PV_ETAG_SIZE];

    put(place, "a.json", STAMP("01") ",\"x\":1}");
    put(place, "b.json", STAMP("02") ",\"x\":1}");
    put(place, "c.json", STAMP("01") ",\"x\":2}");
    assert_string_equal(tag_of(place, "a.json", a), tag_of(place, "b.json", b));
    assert_string_not_equal(tag_of(place, "c.json", b), a);
}

static void file_that_is_replaced_is_read_again(void **state)
{
    const struct place *place = *state;
    char before[PV_ETAG_SIZE], after[PV_ETAG_SIZE];

    for (int i = 0; i < 100; i++) {
        char text[16];

        snprintf(text, sizeof text, "%08d", i);
        replace(place, "a.json", text);
        tag_of(place, "a.json", after);
        assert_true(i == 0 || strcmp(before, after) != 0);
        tag_of(place, "a.json", before);
        assert_string_equal(before, after);
    }
}

static void file_that_is_gone_is_not_served(void **state)
{
    const struct place *place = *state;
    char path[TEST_PATH_SIZE];

    put(place, "a.json", "{}");
    assert_non_null(get(place, "a.json", false));
    join_path(path, place->out, "a.json");
    assert_return_code(unlink(path), 0);
    assert_null(get(place, "a.json", false));
    assert_null(get(place, "none/a.json", false));
    assert_null(get(place, "a.json/b", false));
}

static void what_is_no_file_of_its_own_is_not_served(void **state)
{
    const struct place *place = *state;
    char path[TEST_PATH_SIZE];

    join_path(path, place->out, "directory");
    assert_return_code(mkdir(path, 0755), 0);
    put_file(path, "a.json", "{}", 2);
    assert_null(get(place, "directory", false));
    assert_non_null(get(place, "directory/a.json", false));
    join_path(path, place->out, "link.json");
    assert_return_code(symlink("directory/a.json", path), 0);
    join_path(path, place->out, "link");
    assert_return_code(symlink("directory", path), 0);
    join_path(path, place->out, "fifo.json");
    assert_return_code(mkfifo(path, 0644), 0);
    assert_null(get(place, "link.json", false));
    assert_null(get(place, "link/a.json", false));
    assert_null(get(place, "fifo.json", false));
}

/* Sets both times of the file. */
static void set_time(const struct place *place, const char *name, time_t time_s, long time_ns)
{
    const struct timespec times[2] = {{time_s, time_ns}, {time_s, time_ns}};
    char path[TEST_PATH_SIZE];

    join_path(path, place->out, name);
    assert_return_code(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void gzip_beside_json_is_sent_where_there_is_one(void **state)
{
    const struct place *place = *state;
    char plain[PV_ETAG_SIZE], gzip[PV_ETAG_SIZE];

    put(place, "a.json", "{}");
    tag_of(place, "a.json", plain);
    assert_string_equal(get(place, "a.json", true)->etag, plain);
    put(place, "a.json.gz", "compressed");
    tag_of(place, "a.json.gz", gzip);
    assert_string_equal(get(place, "a.json", true)->etag, gzip);
    assert_string_equal(get(place, "a.json", false)->etag, plain);
    put(place, "b.json.gz", "compressed");
    assert_null(get(place, "b.json", true));
    put(place, "b.js", "a");
    put(place, "b.js.gz", "compressed");
    assert_string_equal(get(place, "b.js", true)->etag, tag_of(place, "b.js", plain));
}

/* More files, and more bytes, than are kept: each is what it is all the same. */
static void files_beyond_the_bound_are_served_too(void **state)
{
    enum { FILES = 400, SIZE = 100000 };
    const struct place *place = *state;
    char *text = malloc(SIZE + 1);
    char first[PV_ETAG_SIZE], tag[PV_ETAG_SIZE];

    assert_non_null(text);
    memset(text, 'a', SIZE);
    text[SIZE] = '\0';
    for (int i = 0; i < FILES; i++) {
        char name[32];

        snprintf(name, sizeof name, "%d.txt", i);
        snprintf(text, 16, "%015d", i);
        put(place, name, text);
    }
    tag_of(place, "0.txt", first);
    for (int i = 0; i < FILES; i++) {
        char name[32];

        snprintf(name, sizeof name, "%d.txt", i);
        assert_int_equal(strcmp(tag_of(place, name, tag), first) == 0, i == 0);
    }
    assert_string_equal(tag_of(place, "0.txt", tag), first);
    free(text);
}

static void large_file_is_told_from_others_by_its_time(void **state)
{
    enum { SIZE = 3 << 20 };
    const struct place *place = *state;
    char *text = calloc(1, SIZE);
    char before[PV_ETAG_SIZE], after[PV_ETAG_SIZE];

    assert_non_null(text);
    put_file(place->out, "large.txt", text, SIZE);
    set_time(place, "large.txt", 1000, 0);
    assert_string_equal(tag_of(place, "large.txt", before), tag_of(place, "large.txt", after));
    set_time(place, "large.txt", 1000, 1);
    assert_string_not_equal(tag_of(place, "large.txt", after), before);
    free(text);
}

static void directory_that_is_replaced_is_followed(void **state)
{
    const struct place *place = *state;
    char other[TEST_PATH_SIZE];

    put(place, "a.json", "{}");
    join_path(other, place->base, "other");
    assert_return_code(rename(place->out, other), 0);
    pv_files_follow(place->files);
    assert_null(get(place, "a.json", false));
    assert_return_code(mkdir(place->out, 0755), 0);
    put(place, "b.json", "{}");
    pv_files_follow(place->files);
    assert_non_null(get(place, "b.json", false));
    assert_null(get(place, "a.json", false));
}

static void directory_that_comes_later_is_found_at_once(void **state)
{
    struct place *place = *state;
    struct pv_error error;

    pv_files_destroy(place->files);
    assert_return_code(rmdir(place->out), 0);
    assert_int_equal(pv_files_new(place->out, &place->files, &error), PV_OK);
    assert_null(get(place, "a.json", false));
    assert_return_code(mkdir(place->out, 0755), 0);
    put(place, "a.json", "{}");
    assert_non_null(get(place, "a.json", false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(same_content_has_the_same_tag_but_for_the_stamp),
        TEST(file_that_is_replaced_is_read_again),
        TEST(file_that_is_gone_is_not_served),
        TEST(what_is_no_file_of_its_own_is_not_served),
        TEST(gzip_beside_json_is_sent_where_there_is_one),
        TEST(files_beyond_the_bound_are_served_too),
        TEST(large_file_is_told_from_others_by_its_time),
        TEST(directory_that_is_replaced_is_followed),
        TEST(directory_that_comes_later_is_found_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
