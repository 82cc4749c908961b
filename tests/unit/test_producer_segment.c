#include "producer_log.h"

#include "producer/sources/segment.h"

static struct pv_segment open_segment(const char *name)
{
    struct pv_segment segment;
    struct pv_error error;
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    if (pv_segment_open(path, &segment, &error) != PV_OK)
        fail_msg("%s", error.text);
    return segment;
}

static void expect_read(struct pv_segment *segment, size_t size, const char *expected)
{
    char data[64];
    int64_t got = pv_segment_read(segment, data, size);

    assert_int_equal(got, strlen(expected));
    assert_memory_equal(data, expected, strlen(expected));
}

static void reading_goes_on_where_it_ended(void **state)
{
    struct pv_segment segment;

    (void)state;
    add(LIVE, "abcdef");
    segment = open_segment(LIVE);
    expect_read(&segment, 4, "abcd");
    expect_read(&segment, 4, "ef");
    expect_read(&segment, 4, "");
    add(LIVE, "gh");
    expect_read(&segment, 4, "gh");
    pv_segment_go_to(&segment, 1);
    expect_read(&segment, 64, "bcdefgh");
    pv_segment_close(&segment);
}

static void compressed_file_is_read_as_if_it_were_plain(void **state)
{
    struct pv_segment segment;

    (void)state;
    add("access.log.1", "abcdef");
    compress_log("access.log.1");
    segment = open_segment("access.log.1.gz");
    assert_int_equal(segment.head_length, 6);
    assert_memory_equal(segment.head, "abcdef", 6);
    pv_segment_go_to(&segment, 2);
    expect_read(&segment, 2, "cd");
    expect_read(&segment, 64, "ef");
    expect_read(&segment, 64, "");
    pv_segment_go_to(&segment, 100);
    expect_read(&segment, 64, "");
    assert_true(pv_segment_is_intact(&segment));
    pv_segment_close(&segment);
}

static void compressed_file_that_was_cut_short_is_an_error_once(void **state)
{
    struct pv_segment segment;
    char data[64];

    (void)state;
    add("access.log.1", "abcdef");
    compress_log("access.log.1");
    cut_to("access.log.1.gz", file_identity(directory, "access.log.1.gz").st_size - 8);
    segment = open_segment("access.log.1.gz");
    while (pv_segment_read(&segment, data, sizeof data) > 0)
        ;
    assert_int_equal(pv_segment_read(&segment, data, sizeof data), -1);
    segment.is_damaged = true;
    assert_int_equal(pv_segment_read(&segment, data, sizeof data), 0);
    pv_segment_close(&segment);
}

static void only_regular_files_are_opened(void **state)
{
    struct pv_segment segment;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_segment_open(directory, &segment, &error), PV_IO);
    assert_contains(error.text, directory);
    assert_int_equal(pv_segment_open(log_path, &segment, &error), PV_IO);
    assert_contains(error.text, log_path);
}

static void mark_is_recognized_in_the_same_file_and_in_copies(void **state)
{
    struct pv_segment segment, compressed;
    struct pv_segment_mark mark;

    (void)state;
    add(LIVE, "first\nsecond\n");
    segment = open_segment(LIVE);
    pv_segment_go_to(&segment, 6);
    mark = pv_segment_mark_of(&segment);
    assert_int_equal(mark.offset, 6);
    assert_int_equal(mark.head_length, 13);
    assert_int_equal(mark.inode, file_identity(directory, LIVE).st_ino);
    add(LIVE, "third\n");
    copy(LIVE, "access.log.1");
    compress_log("access.log.1");
    compressed = open_segment("access.log.1.gz");
    assert_true(pv_segment_is_intact(&segment));
    assert_true(pv_segment_matches(&segment, &mark));
    assert_true(pv_segment_matches(&compressed, &mark));
    pv_segment_close(&compressed);
    pv_segment_close(&segment);
}

static void mark_is_not_recognized_in_files_with_other_or_fewer_first_bytes(void **state)
{
    struct pv_segment segment, other, shorter, empty;
    struct pv_segment_mark mark;

    (void)state;
    add(LIVE, "first\nsecond\n");
    add("other", "first\nother\nand more\n");
    add("shorter", "first\n");
    add("empty", "");
    segment = open_segment(LIVE);
    other = open_segment("other");
    shorter = open_segment("shorter");
    empty = open_segment("empty");
    mark = pv_segment_mark_of(&segment);
    assert_false(pv_segment_matches(&other, &mark));
    assert_false(pv_segment_matches(&shorter, &mark));
    assert_false(pv_segment_matches(&empty, &mark));
    mark = pv_segment_mark_of(&empty);
    assert_false(pv_segment_matches(&empty, &mark)); /* nothing to recognize it by */
    pv_segment_close(&segment);
    pv_segment_close(&other);
    pv_segment_close(&shorter);
    pv_segment_close(&empty);
}

static void only_the_first_1024_bytes_tell_files_apart(void **state)
{
    char bytes[PV_SEGMENT_HEAD_MAX + 1];
    struct pv_segment a, b, c;
    struct pv_segment_mark mark;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    add_bytes("a", bytes, sizeof bytes);
    bytes[PV_SEGMENT_HEAD_MAX] = 'y';
    add_bytes("b", bytes, sizeof bytes);
    bytes[PV_SEGMENT_HEAD_MAX - 1] = 'y';
    add_bytes("c", bytes, sizeof bytes);
    a = open_segment("a");
    b = open_segment("b");
    c = open_segment("c");
    mark = pv_segment_mark_of(&a);
    assert_true(pv_segment_matches(&b, &mark));
    assert_false(pv_segment_matches(&c, &mark));
    pv_segment_close(&a);
    pv_segment_close(&b);
    pv_segment_close(&c);
}

static void cut_or_overwritten_file_is_not_intact(void **state)
{
    struct pv_segment segment;

    (void)state;
    add(LIVE, "abcdef");
    segment = open_segment(LIVE);
    expect_read(&segment, 64, "abcdef");
    assert_true(pv_segment_is_intact(&segment));
    cut_to(LIVE, 3);
    assert_false(pv_segment_is_intact(&segment));
    cut_to(LIVE, 0);
    add(LIVE, "abcdXfgh");
    assert_false(pv_segment_is_intact(&segment));
    cut_to(LIVE, 0);
    add(LIVE, "abcdefgh");
    assert_true(pv_segment_is_intact(&segment));
    assert_int_equal(segment.head_length, 8);
    pv_segment_close(&segment);
}

static void file_that_was_cut_behind_its_first_bytes_is_not_intact(void **state)
{
    static char bytes[3 * PV_SEGMENT_HEAD_MAX], data[sizeof bytes];
    struct pv_segment segment;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    add_bytes(LIVE, bytes, sizeof bytes);
    segment = open_segment(LIVE);
    assert_int_equal(pv_segment_read(&segment, data, sizeof data), sizeof data);
    cut_to(LIVE, PV_SEGMENT_HEAD_MAX + 1);
    assert_false(pv_segment_is_intact(&segment));
    pv_segment_close(&segment);
}

static void empty_file_tells_that_it_was_written_to(void **state)
{
    struct pv_segment segment;

    (void)state;
    add(LIVE, "");
    segment = open_segment(LIVE);
    assert_true(pv_segment_is_intact(&segment));
    assert_false(segment.has_begun);
    now_ms += 1000;
    add(LIVE, "abc");
    cut_to(LIVE, 0);
    assert_true(pv_segment_is_intact(&segment));
    assert_true(segment.has_begun);
    pv_segment_close(&segment);
}

static void copy_is_told_from_its_original_and_from_others(void **state)
{
    struct pv_segment original, partial, other, empty;

    (void)state;
    add("original", "first\nsecond\n");
    add("partial", "first\nsec");
    add("other", "second\n");
    add("empty", "");
    original = open_segment("original");
    partial = open_segment("partial");
    other = open_segment("other");
    empty = open_segment("empty");
    assert_true(pv_segment_is_copy(&partial, &original));
    assert_true(pv_segment_is_copy(&original, &original));
    assert_false(pv_segment_is_copy(&original, &partial));
    assert_false(pv_segment_is_copy(&other, &original));
    assert_false(pv_segment_is_copy(&empty, &original));
    pv_segment_close(&original);
    pv_segment_close(&partial);
    pv_segment_close(&other);
    pv_segment_close(&empty);
}

static void going_behind_the_end_goes_to_the_end(void **state)
{
    struct pv_segment segment;

    (void)state;
    add(LIVE, "abc");
    segment = open_segment(LIVE);
    assert_true(pv_segment_reaches(&segment, 3));
    assert_false(pv_segment_reaches(&segment, 4));
    pv_segment_go_to(&segment, 4);
    assert_int_equal(segment.offset, 3);
    assert_int_equal(segment.read_offset, 3);
    pv_segment_close(&segment);
}

static void time_of_the_last_write_is_told(void **state)
{
    struct pv_segment segment;

    (void)state;
    add(LIVE, "abc");
    segment = open_segment(LIVE);
    assert_int_equal(pv_segment_modified_ms(&segment), now_ms);
    now_ms += 1234;
    add(LIVE, "abc");
    assert_int_equal(pv_segment_modified_ms(&segment), now_ms);
    pv_segment_close(&segment);
    assert_int_equal(pv_segment_modified_ms(&segment), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(reading_goes_on_where_it_ended),
        LOG_TEST(compressed_file_is_read_as_if_it_were_plain),
        LOG_TEST(compressed_file_that_was_cut_short_is_an_error_once),
        LOG_TEST(only_regular_files_are_opened),
        LOG_TEST(mark_is_recognized_in_the_same_file_and_in_copies),
        LOG_TEST(mark_is_not_recognized_in_files_with_other_or_fewer_first_bytes),
        LOG_TEST(only_the_first_1024_bytes_tell_files_apart),
        LOG_TEST(cut_or_overwritten_file_is_not_intact),
        LOG_TEST(file_that_was_cut_behind_its_first_bytes_is_not_intact),
        LOG_TEST(empty_file_tells_that_it_was_written_to),
        LOG_TEST(copy_is_told_from_its_original_and_from_others),
        LOG_TEST(going_behind_the_end_goes_to_the_end),
        LOG_TEST(time_of_the_last_write_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
