#include "test_pageview_support.h"

#include <signal.h>
#include <sys/resource.h>

#include "dashboard-export/gzip.h"
#include "dashboard-export/publish.h"
#include "dashboard_out.h"

#define PATH    "top/day/2026-11-24.json"
#define EARLIER "{\"generated_at\":\"2026-11-24T13:05:02Z\",\"lag_seconds\":         1"
#define LATER   "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":       120"

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct out));
    assert_non_null(*state);
    open_out(*state);
    return 0;
}

static int tear_down(void **state)
{
    remove_out(*state);
    free(*state);
    return 0;
}

static enum pv_status publish(struct out *out, const char *path, const char *text,
                              struct pv_published *published, struct pv_error *error)
{
    struct pv_buffer buffer = {0};
    enum pv_status status;

    pv_buffer_add_text(&buffer, text);
    status = pv_publish_text(&out->directory, path, &buffer, published, error);
    pv_buffer_clean_up(&buffer);
    return status;
}

static void assert_publishes(struct out *out, const char *text, bool written)
{
    struct pv_published published;
    struct pv_error error;

    assert_int_equal(publish(out, PATH, text, &published, &error), PV_OK);
    assert_int_equal(published.written, written);
    assert_int_equal(published.bytes, strlen(text));
}

static void new_file_is_written_with_its_directories(void **state)
{
    struct out *out = *state;
    char parent[TEST_PATH_SIZE];

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
    assert_int_equal(file_identity(out->path, PATH).st_mode & 0444, 0444);
    join_path(parent, out->path, "top/day");
    assert_int_equal(count_entries(parent), 1); /* nothing temporary is left */
}

static void file_that_differs_only_in_its_stamp_is_left_alone(void **state)
{
    struct out *out = *state;
    struct stat before;

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    before = file_identity(out->path, PATH);
    assert_publishes(out, LATER ",\"n\":1}\n", false);
    assert_untouched(out->path, PATH, before);
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
}

static void file_that_differs_is_replaced(void **state)
{
    static const char *const texts[] = {
        LATER ",\"n\":2}\n",  /* the same size */
        LATER ",\"n\":12}\n", /* longer */
        LATER "}\n",          /* shorter */
    };
    struct out *out = *state;

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_publishes(out, texts[i], true);
        assert_file(out->path, PATH, texts[i]);
    }
}

static void difference_far_into_a_large_file_is_seen(void **state)
{
    enum { SIZE = 200000 };
    struct out *out = *state;
    struct pv_buffer text = {0};
    struct pv_published published;
    struct pv_error error;

    pv_buffer_add_text(&text, EARLIER);
    while (text.length < SIZE)
        pv_buffer_add_char(&text, 'x');
    assert_int_equal(pv_publish_text(&out->directory, PATH, &text, &published, &error), PV_OK);
    assert_int_equal(pv_publish_text(&out->directory, PATH, &text, &published, &error), PV_OK);
    assert_false(published.written);
    for (size_t at = SIZE - 1; at > SIZE / 4; at -= SIZE / 4) {
        text.data[at] = 'y';
        assert_int_equal(pv_publish_text(&out->directory, PATH, &text, &published, &error), PV_OK);
        assert_true(published.written);
    }
    pv_buffer_clean_up(&text);
}

static void foreign_file_of_the_same_size_is_replaced(void **state)
{
    struct out *out = *state;
    char foreign[] = LATER ",\"n\":1}\n";

    assert_publishes(out, LATER ",\"n\":1}\n", true);
    foreign[5] = 'X';
    put_file(out->path, PATH, foreign, strlen(foreign));
    assert_publishes(out, LATER ",\"n\":1}\n", true);
    assert_file(out->path, PATH, LATER ",\"n\":1}\n");
}

static void reader_has_the_old_file_until_the_new_one_is_whole(void **state)
{
    struct out *out = *state;
    struct pv_publication publication;
    struct pv_error error;

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    assert_int_equal(pv_publication_begin(&out->directory, PATH, &publication, &error), PV_OK);
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
    assert_int_equal(pv_publication_write(&publication, "half ", 5, &error), PV_OK);
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
    assert_true(file_exists(out->path, "top/day/.2026-11-24.json.tmp"));
    assert_int_equal(pv_publication_write(&publication, "whole", 5, &error), PV_OK);
    assert_int_equal(pv_publication_finish(&publication, &error), PV_OK);
    assert_file(out->path, PATH, "half whole");
    assert_false(file_exists(out->path, "top/day/.2026-11-24.json.tmp"));
}

static void abandoned_file_leaves_the_old_one_and_nothing_else(void **state)
{
    struct out *out = *state;
    struct pv_publication publication;
    struct pv_error error;
    char parent[TEST_PATH_SIZE];

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    assert_int_equal(pv_publication_begin(&out->directory, PATH, &publication, &error), PV_OK);
    assert_int_equal(pv_publication_write(&publication, "half", 4, &error), PV_OK);
    pv_publication_abandon(&publication);
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
    join_path(parent, out->path, "top/day");
    assert_int_equal(count_entries(parent), 1);
}

/* The limit on a file's size fails a write as a full disk does, after a part of it. */
static void full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
    enum { SIZE = 100000, LIMIT = 8192 };
    struct out *out = *state;
    struct rlimit before, small;
    struct pv_buffer text = {0};
    struct pv_published published;
    struct pv_error error;
    char parent[TEST_PATH_SIZE];
    enum pv_status status;

    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    pv_buffer_add_text(&text, LATER);
    while (text.length < SIZE)
        pv_buffer_add_char(&text, 'x');
    signal(SIGXFSZ, SIG_IGN);
    assert_return_code(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){LIMIT, before.rlim_max};
    assert_return_code(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = pv_publish_text(&out->directory, PATH, &text, &published, &error);
    assert_return_code(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, PV_IO);
    assert_contains(error.text, PATH ": cannot write it: ");
    assert_file(out->path, PATH, EARLIER ",\"n\":1}\n");
    join_path(parent, out->path, "top/day");
    assert_int_equal(count_entries(parent), 1);
    pv_buffer_clean_up(&text);
}

static void place_that_cannot_be_written_is_named(void **state)
{
    struct out *out = *state;
    struct pv_published published;
    struct pv_error error;

    put_file(out->path, "top", "in the way", 10);
    assert_int_equal(publish(out, PATH, LATER "}\n", &published, &error), PV_IO);
    assert_contains(error.text, out->path);
    assert_contains(error.text, "top/day");
    assert_contains(error.text, "Not a directory");
}

static void file_that_cannot_be_replaced_leaves_nothing_temporary(void **state)
{
    struct out *out = *state;
    struct pv_published published;
    struct pv_error error;
    char in_the_way[TEST_PATH_SIZE];

    join_path(in_the_way, out->path, "totals.json");
    assert_return_code(mkdir(in_the_way, 0755), 0);
    assert_int_equal(publish(out, "totals.json", LATER "}\n", &published, &error), PV_IO);
    assert_contains(error.text, "totals.json: cannot replace it: ");
    assert_int_equal(count_entries(out->path), 1);
}

static void assert_compressed(const struct out *out, const char *name, const char *text)
{
    struct pv_gzip_reader *reader =
        pv_gzip_reader_new(openat(out->directory.fd, name, O_RDONLY | O_CLOEXEC));
    char found[4096] = "";
    size_t length;

    assert_non_null(reader);
    assert_true(pv_gzip_read(reader, found, sizeof found - 1, &length));
    assert_string_equal(found, text);
    pv_gzip_reader_destroy(reader);
}

static void compressed_file_beside_json_says_the_same(void **state)
{
    struct out *out = *state;
    struct stat before;

    out->directory.gzip = true;
    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    assert_compressed(out, PATH ".gz", EARLIER ",\"n\":1}\n");
    before = file_identity(out->path, PATH ".gz");
    assert_publishes(out, LATER ",\"n\":1}\n", false);
    assert_untouched(out->path, PATH ".gz", before);
    assert_publishes(out, LATER ",\"n\":2}\n", true);
    assert_compressed(out, PATH ".gz", LATER ",\"n\":2}\n");
    assert_int_equal(unlinkat(out->directory.fd, PATH ".gz", 0), 0);
    assert_publishes(out, LATER ",\"n\":2}\n", true);
    assert_compressed(out, PATH ".gz", LATER ",\"n\":2}\n");
}

static void same_text_is_compressed_to_the_same_bytes(void **state)
{
    struct out *out = *state;
    struct pv_buffer first, second;

    out->directory.gzip = true;
    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    first = get_file(out->path, PATH ".gz");
    assert_publishes(out, EARLIER ",\"n\":2}\n", true);
    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    second = get_file(out->path, PATH ".gz");
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.data, second.data, first.length);
    assert_memory_equal(first.data + 4, "\0\0\0\0", 4); /* no time */
    pv_buffer_clean_up(&first);
    pv_buffer_clean_up(&second);
}

static void without_compression_no_old_file_stays_beside_a_new_one(void **state)
{
    struct out *out = *state;

    out->directory.gzip = true;
    assert_publishes(out, EARLIER ",\"n\":1}\n", true);
    out->directory.gzip = false;
    assert_publishes(out, LATER ",\"n\":1}\n", false);
    assert_true(file_exists(out->path, PATH ".gz")); /* it says what the file says */
    assert_publishes(out, LATER ",\"n\":2}\n", true);
    assert_false(file_exists(out->path, PATH ".gz"));
}

static void text_that_memory_ran_out_for_is_not_published(void **state)
{
    struct out *out = *state;
    const struct pv_buffer text = {.failed = true};
    struct pv_published published;
    struct pv_error error;

    assert_int_equal(pv_publish_text(&out->directory, PATH, &text, &published, &error), PV_NOMEM);
    assert_false(file_exists(out->path, PATH));
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_directory(new_file_is_written_with_its_directories),
        in_directory(file_that_differs_only_in_its_stamp_is_left_alone),
        in_directory(file_that_differs_is_replaced),
        in_directory(difference_far_into_a_large_file_is_seen),
        in_directory(foreign_file_of_the_same_size_is_replaced),
        in_directory(reader_has_the_old_file_until_the_new_one_is_whole),
        in_directory(abandoned_file_leaves_the_old_one_and_nothing_else),
        in_directory(full_disk_leaves_the_old_file_and_nothing_else),
        in_directory(place_that_cannot_be_written_is_named),
        in_directory(file_that_cannot_be_replaced_leaves_nothing_temporary),
        in_directory(compressed_file_beside_json_says_the_same),
        in_directory(same_text_is_compressed_to_the_same_bytes),
        in_directory(without_compression_no_old_file_stays_beside_a_new_one),
        in_directory(text_that_memory_ran_out_for_is_not_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
