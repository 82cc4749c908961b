/* What is appended to a spool is there whole, in order, in segments that follow one another. */
#include "pageview_spool_directory.h"

/* ---- Names ---- */

static void names_sort_as_numbers_and_nothing_else_is_a_segment(void **state)
{
    static const char *const others[] = {
        "",
        "bound",
        "1.ndjson",
        "000000000000.ndjson",
        "000000000001",
        "000000000001.ndjson.gz",
        "00000000000x.ndjson",
        "0000000000001.ndjson",
        "99999999999999999999.ndjson",
    };
    char name[PV_SPOOL_NAME_SIZE];

    (void)state;
    pv_spool_segment_name(1, name);
    assert_string_equal(name, "000000000001.ndjson");
    assert_int_equal(pv_spool_segment_parse(name), 1);
    pv_spool_segment_name(1234567890123, name);
    assert_string_equal(name, "1234567890123.ndjson");
    assert_int_equal(pv_spool_segment_parse(name), 1234567890123);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (pv_spool_segment_parse(others[i]) != 0)
            fail_msg("%s is taken for a segment", others[i]);
}

/* ---- Appends ---- */

static void lines_are_appended_in_order(void **state)
{
    struct pv_spool_range range;

    (void)state;
    assert_int_equal(look().newest, 0);
    assert_int_equal(append("{\"a\":1}\n"), PV_SPOOL_OK);
    assert_int_equal(append("{\"b\":2}\n{\"c\":3}\n"), PV_SPOOL_OK);
    expect_all("{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    range = look();
    assert_int_equal(range.oldest, 1);
    assert_int_equal(range.newest, 1);
    assert_int_equal(range.bytes, 24);
    assert_int_equal(file_of(1).st_mode & 07777, 0600);
}

static void only_whole_lines_of_at_most_a_mebibyte_are_taken(void **state)
{
    static char large[1048577];

    (void)state;
    memset(large, '\n', sizeof large);
    errno = 0;
    assert_int_equal(pv_spool_append(spool, "", 0), PV_SPOOL_FAILED);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(append("no end"), PV_SPOOL_FAILED);
    assert_int_equal(pv_spool_append(spool, large, sizeof large), PV_SPOOL_FAILED);
    assert_int_equal(look().newest, 0);
}

static void directory_of_a_group_makes_segments_of_the_group(void **state)
{
    mode_t mask = umask(0077);

    (void)state;
    assert_int_equal(fchmod(directory_fd, 02770), 0);
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    umask(mask);
    assert_int_equal(file_of(1).st_mode & 07777, 0660);
}

static void full_segment_is_followed_by_the_next(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(append(line_of(1023)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 1);
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 2);
    assert_int_equal(file_of(1).st_size, 4 * 1023);
    assert_int_equal(file_of(2).st_size, 10);
    /* There would be room in the first one for this, but it is finished. */
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    assert_int_equal(file_of(1).st_size, 4 * 1023);
}

static void writer_that_was_left_behind_finds_the_newest(void **state)
{
    struct pv_spool *late = open_spool(0, PV_SPOOL_SYNC_OFF);

    (void)state;
    assert_int_equal(pv_spool_append(late, "first\n", 6), PV_SPOOL_OK);
    for (int i = 0; i < 15; i++)
        assert_int_equal(append(line_of(4000)), PV_SPOOL_OK);
    for (pv_spool_segment segment = 1; segment < 5; segment++)
        assert_int_equal(pv_spool_remove(directory_fd, segment, file_of(segment).st_size, &error),
                         PV_OK);
    assert_int_equal(pv_spool_append(late, "last\n", 5), PV_SPOOL_OK);
    assert_int_equal(look().oldest, 5);
    assert_int_equal(file_of(look().newest).st_size, 4005);
    pv_spool_close(late);
}

static void lines_larger_than_a_segment_have_one_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(append(line_of(LEAST_SEGMENT + 100)), PV_SPOOL_OK);
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 3);
    assert_int_equal(file_of(2).st_size, LEAST_SEGMENT + 100);
}

static void torn_line_is_closed_by_the_next_writer(void **state)
{
    int file;

    (void)state;
    assert_int_equal(append("{\"a\":1}\n"), PV_SPOOL_OK);
    file = open_file(1, O_WRONLY | O_APPEND);
    assert_int_equal(write(file, "{\"torn", 6), 6);
    close(file);
    assert_int_equal(append("{\"b\":2}\n"), PV_SPOOL_OK);
    assert_int_equal(append("{\"c\":3}\n"), PV_SPOOL_OK);
    expect_all("{\"a\":1}\n{\"torn\n{\"b\":2}\n{\"c\":3}\n");
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, make_spool, drop_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_sort_as_numbers_and_nothing_else_is_a_segment),
        SPOOL_TEST(lines_are_appended_in_order),
        SPOOL_TEST(only_whole_lines_of_at_most_a_mebibyte_are_taken),
        SPOOL_TEST(directory_of_a_group_makes_segments_of_the_group),
        SPOOL_TEST(full_segment_is_followed_by_the_next),
        SPOOL_TEST(writer_that_was_left_behind_finds_the_newest),
        SPOOL_TEST(lines_larger_than_a_segment_have_one_of_their_own),
        SPOOL_TEST(torn_line_is_closed_by_the_next_writer),
        KEPT_TEST(lines_are_appended_in_order, make_spool),
        KEPT_TEST(only_whole_lines_of_at_most_a_mebibyte_are_taken, make_spool),
        KEPT_TEST(directory_of_a_group_makes_segments_of_the_group, make_spool),
        KEPT_TEST(full_segment_is_followed_by_the_next, make_spool),
        KEPT_TEST(lines_larger_than_a_segment_have_one_of_their_own, make_spool),
        KEPT_TEST(torn_line_is_closed_by_the_next_writer, make_spool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
