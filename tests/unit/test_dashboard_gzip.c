#include "test_pageview_support.h"

#include "dashboard-export/gzip.h"
#include "dashboard_files.h"

static enum pv_status append(void *context, const void *data, size_t length, struct pv_error *error)
{
    (void)error;
    pv_buffer_add(context, data, length);
    return PV_OK;
}

static enum pv_status refuse(void *context, const void *data, size_t length, struct pv_error *error)
{
    (void)context;
    (void)data;
    (void)length;
    return pv_error_set(error, PV_IO, "full");
}

/* Compresses in pieces of `piece` bytes. */
static struct pv_buffer compress_text(const struct pv_buffer *text, size_t piece)
{
    struct pv_buffer compressed = {0};
    const struct pv_gzip_sink sink = {append, &compressed};
    struct pv_gzip_writer *writer;
    struct pv_error error;

    assert_int_equal(pv_gzip_writer_new(&sink, &writer, &error), PV_OK);
    for (size_t at = 0; at < text->length; at += piece)
        assert_int_equal(pv_gzip_write(writer, text->data + at,
                                       text->length - at < piece ? text->length - at : piece,
                                       &error),
                         PV_OK);
    assert_int_equal(pv_gzip_finish(writer, &error), PV_OK);
    pv_gzip_writer_destroy(writer);
    return compressed;
}

/* Hardly compressible, so that output is larger than any buffer within. */
static struct pv_buffer some_text(size_t length)
{
    struct pv_buffer text = {0};
    uint32_t number = 1;

    while (text.length < length) {
        number = number * 1664525 + 1013904223;
        pv_buffer_add_char(&text, (char)(number >> 24));
    }
    return text;
}

static struct pv_gzip_reader *open_reader(const char *directory, const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    return pv_gzip_reader_new(open(path, O_RDONLY));
}

/* True when the file can be read to its end. */
static bool is_sound(const struct pv_buffer *bytes)
{
    char directory[TEST_PATH_SIZE], chunk[4096];
    struct pv_gzip_reader *reader;
    bool sound;
    size_t got;

    make_directory(directory);
    put_file(directory, "x.gz", bytes->data, bytes->length);
    reader = open_reader(directory, "x.gz");
    assert_non_null(reader);
    do
        sound = pv_gzip_read(reader, chunk, sizeof chunk, &got);
    while (sound && got > 0);
    pv_gzip_reader_destroy(reader);
    remove_directory(directory);
    return sound;
}

static void text_comes_back(void **state)
{
    struct pv_buffer text = some_text(300000);
    struct pv_buffer compressed = compress_text(&text, 70000);
    char directory[TEST_PATH_SIZE], *back = malloc(text.length + 1);
    struct pv_gzip_reader *reader;
    size_t got;

    (void)state;
    make_directory(directory);
    put_file(directory, "x.gz", compressed.data, compressed.length);
    reader = open_reader(directory, "x.gz");
    assert_true(pv_gzip_read(reader, back, text.length + 1, &got));
    assert_int_equal(got, text.length);
    assert_memory_equal(back, text.data, text.length);
    pv_gzip_reader_destroy(reader);
    remove_directory(directory);
    free(back);
    pv_buffer_clean_up(&compressed);
    pv_buffer_clean_up(&text);
}

static void header_has_no_time_and_no_name(void **state)
{
    struct pv_buffer text = some_text(10);
    struct pv_buffer compressed = compress_text(&text, 10);

    (void)state;
    assert_memory_equal(compressed.data, "\x1f\x8b\x08\0\0\0\0\0", 8);
    pv_buffer_clean_up(&compressed);
    pv_buffer_clean_up(&text);
}

static void same_text_gives_the_same_bytes(void **state)
{
    struct pv_buffer text = some_text(200000);
    struct pv_buffer a = compress_text(&text, 65536), b = compress_text(&text, 65536);

    (void)state;
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
    pv_buffer_clean_up(&a);
    pv_buffer_clean_up(&b);
    pv_buffer_clean_up(&text);
}

static void empty_text_is_a_sound_file(void **state)
{
    const struct pv_buffer text = {0};
    struct pv_buffer compressed = compress_text(&text, 1);

    (void)state;
    assert_true(is_sound(&compressed));
    pv_buffer_clean_up(&compressed);
}

static void damaged_file_is_seen(void **state)
{
    struct pv_buffer text = some_text(100000);
    struct pv_buffer compressed = compress_text(&text, 65536);
    size_t length = compressed.length;

    (void)state;
    assert_true(is_sound(&compressed));
    for (size_t cut = length - 1; cut > 0; cut /= 2) {
        compressed.length = cut;
        assert_false(is_sound(&compressed));
    }
    compressed.length = 0;
    assert_false(is_sound(&compressed));
    compressed.length = length;
    compressed.data[length - 6] ^= 1; /* the checksum */
    assert_false(is_sound(&compressed));
    compressed.data[length - 6] ^= 1;
    assert_true(is_sound(&compressed));
    pv_buffer_add_char(&compressed, 'x'); /* goes on behind its end */
    assert_false(is_sound(&compressed));
    assert_false(is_sound(&text)); /* no gzip at all */
    pv_buffer_clean_up(&compressed);
    pv_buffer_clean_up(&text);
}

static void failing_sink_fails_the_writer(void **state)
{
    const struct pv_gzip_sink sink = {refuse, NULL};
    struct pv_gzip_writer *writer;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_gzip_writer_new(&sink, &writer, &error), PV_OK);
    assert_int_equal(pv_gzip_finish(writer, &error), PV_IO);
    assert_string_equal(error.text, "full");
    pv_gzip_writer_destroy(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back),
        cmocka_unit_test(header_has_no_time_and_no_name),
        cmocka_unit_test(same_text_gives_the_same_bytes),
        cmocka_unit_test(empty_text_is_a_sound_file),
        cmocka_unit_test(damaged_file_is_seen),
        cmocka_unit_test(failing_sink_fails_the_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
