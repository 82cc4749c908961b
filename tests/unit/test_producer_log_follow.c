/* Following a log whose files are rotated, cut and filled under the follower.
 * test_producer_log_rotations.c does the same at random. */
#include "producer_log.h"

static void renamed_file_is_drained_before_its_successor(void **state)
{
    (void)state;
    add(LIVE, "a\nb\n");
    start();
    take(1);
    move(LIVE, "access.log.1");
    add("access.log.1", "c\n");
    add(LIVE, "d\n");
    expect_lines("b\nc\nd\n");
    expect_nothing_lost();
}

static void renamed_file_is_read_while_there_is_no_successor(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    move(LIVE, "access.log.1");
    expect_lines("");
    add("access.log.1", "b\n");
    expect_lines("b\n");
    add(LIVE, "c\n");
    expect_lines("c\n");
}

static void late_lines_of_a_renamed_file_are_read_until_it_was_quiet_for_long_enough(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    move(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("b\n");
    now_ms += ROTATE_WAIT - 1;
    expect_lines("");
    add("access.log.1", "late\n");
    expect_lines("late\n");
    now_ms += ROTATE_WAIT - 1;
    expect_lines("");
    assert_int_equal(reached().count, 2);
    now_ms += 1;
    expect_lines("");
    assert_int_equal(reached().count, 1);
    add("access.log.1", "too late\n");
    expect_lines("");
}

static void renamed_file_that_was_quiet_before_is_followed_for_as_long(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    now_ms += 60 * ROTATE_WAIT;
    move(LIVE, "access.log.1");
    add(LIVE, "");
    expect_lines("");
    now_ms += ROTATE_WAIT - 1;
    add("access.log.1", "late\n");
    expect_lines("late\n");
}

static void half_line_in_a_finished_file_is_handed_out(void **state)
{
    struct pv_line line;

    (void)state;
    add(LIVE, "a\nha");
    start();
    move(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("a\nb\n");
    now_ms += ROTATE_WAIT;
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_WHOLE);
    assert_int_equal(line.length, 2);
    assert_memory_equal(line.data, "ha", 2);
    assert_int_equal(reached().marks[0].offset, 4);
    assert_int_equal(reached().count, 2);
    expect_lines("");
    assert_int_equal(reached().count, 1);
    expect_nothing_lost();
}

static void half_line_is_finished_in_the_renamed_file(void **state)
{
    (void)state;
    add(LIVE, "ha");
    start();
    expect_lines("");
    move(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("b\n");
    add("access.log.1", "lf\n");
    expect_lines("half\n");
}

static void long_line_without_an_end_in_a_finished_file_is_one_line(void **state)
{
    static char part[PV_LOG_LINE_MAX + 3];
    struct pv_line line;

    (void)state;
    memset(part, 'x', sizeof part);
    add_bytes(LIVE, part, sizeof part);
    start();
    take(1);
    move(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("b\n");
    now_ms += ROTATE_WAIT;
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_LAST_PIECE);
    assert_int_equal(line.length, 3);
    expect_lines("");
}

static void copytruncate_has_its_unread_rest_read_from_the_copy(void **state)
{
    (void)state;
    add(LIVE, "a\nb\n");
    start();
    take(1);
    add(LIVE, "c\n");
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    add(LIVE, "d\n");
    /* "b" was in memory already when the file was cut. */
    expect_lines("b\nc\nd\n");
    expect_nothing_lost();
}

static void copy_is_not_read_while_it_stands_beside_its_original(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "a\nb\n");
    start();
    take(1);
    copy_part(LIVE, "access.log.1", 3);
    expect_lines("b\n");
    position = stop();
    resume(&position);
    expect_lines("");
    copy(LIVE, "access.log.1");
    position = stop();
    resume(&position);
    expect_lines("");
    cut_to(LIVE, 0);
    expect_lines("");
    add(LIVE, "c\n");
    expect_lines("c\n");
    expect_nothing_lost();
}

static void copy_beside_a_live_file_that_is_still_unknown_is_not_read_either(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    position = stop();
    move(LIVE, "access.log.2");
    add(LIVE, "b\nc\n");
    copy(LIVE, "access.log.1");
    resume(&position);
    take(1);
    cut_to(LIVE, 0);
    add(LIVE, "d\n");
    expect_lines("c\nd\n");
    expect_nothing_lost();
}

static void short_rotated_file_is_not_taken_for_a_copy_of_a_longer_one(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    position = stop();
    move(LIVE, "access.log.2");
    add("access.log.1", "10.0.0.1 one\n");
    add(LIVE, "10.0.");
    resume(&position);
    expect_lines("10.0.0.1 one\n");
}

static void lines_written_between_copying_and_cutting_are_not_lost_when_read_in_time(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    copy(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("b\n");
    now_ms += 1000;
    cut_to(LIVE, 0);
    add(LIVE, "c\n");
    expect_lines("c\n");
    expect_nothing_lost();
}

static void file_that_was_cut_and_grew_past_the_old_offset_is_read_from_its_start(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    add(LIVE, "b, which is longer\nc\n");
    expect_lines("b, which is longer\nc\n");
    expect_nothing_lost();
}

static void file_that_was_shortened_goes_on_from_its_end(void **state)
{
    (void)state;
    add(LIVE, "a\nb\nc\n");
    start();
    expect_lines("a\nb\nc\n");
    cut_to(LIVE, 2);
    expect_lines("");
    add(LIVE, "d\n");
    expect_lines("d\n");
}

static void live_file_that_is_replaced_by_a_copy_of_itself_goes_on(void **state)
{
    (void)state;
    add(LIVE, "a\nb\n");
    start();
    take(1);
    copy(LIVE, "new");
    move("new", LIVE);
    add(LIVE, "c\n");
    expect_lines("b\nc\n");
    add(LIVE, "d\n");
    expect_lines("d\n");
    expect_nothing_lost();
}

static void rotated_file_that_is_moved_back_is_not_read_twice(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    move(LIVE, "access.log.1");
    add(LIVE, "b\n");
    expect_lines("b\n");
    move("access.log.1", LIVE);
    expect_lines("");
    now_ms += ROTATE_WAIT;
    expect_lines("");
    expect_lines("");
    add(LIVE, "c\n");
    expect_lines("c\n");
}

static void directory_or_dangling_link_in_its_place_is_waited_out(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    move(LIVE, "access.log.1");
    assert_return_code(mkdir(log_path, 0755), 0);
    expect_lines("a\n");
    assert_return_code(rmdir(log_path), 0);
    assert_return_code(symlink("nowhere", log_path), 0);
    add("access.log.1", "b\n");
    expect_lines("b\n");
    assert_return_code(unlink(log_path), 0);
    add(LIVE, "c\n");
    expect_lines("c\n");
    expect_nothing_lost();
}

static void file_that_is_cut_without_a_copy_is_counted_as_lost(void **state)
{
    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    cut_to(LIVE, 0);
    expect_lines("");
    assert_int_equal(pv_log_lost_segments(follower), 1);
    add(LIVE, "b\n");
    expect_lines("b\n");
    assert_int_equal(pv_log_lost_segments(follower), 1);
}

static void rotated_and_compressed_twice_between_two_looks_is_read_in_order(void **state)
{
    (void)state;
    add(LIVE, "first\n");
    start();
    expect_lines("first\n");
    add(LIVE, "rest\n");
    move(LIVE, "access.log.2");
    compress_log("access.log.2");
    add("access.log.1", "second\n");
    add(LIVE, "third\n");
    expect_lines("rest\nsecond\nthird\n");
    expect_nothing_lost();
}

static void empty_file_that_vanished_between_two_looks_does_not_hide_the_next(void **state)
{
    (void)state;
    add("access.log.1", "long read\n");
    now_ms += 1000;
    add(LIVE, "");
    start();
    expect_lines("");
    now_ms += 1000;
    remove_file(LIVE);
    move("access.log.1", "access.log.2");
    add("access.log.1", "second\n");
    add(LIVE, "third\n");
    expect_lines("second\nthird\n");
}

static void log_that_was_filled_and_copied_and_cut_between_two_looks_is_read(void **state)
{
    (void)state;
    add(LIVE, "");
    start();
    expect_lines("");
    now_ms += 1000;
    add(LIVE, "a\n");
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    expect_lines("a\n");
    add(LIVE, "b\n");
    expect_lines("b\n");
}

static void position_gives_the_offset_in_the_newest_file(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "first\n");
    start();
    expect_lines("first\n");
    move(LIVE, "access.log.1");
    add(LIVE, "ab\n");
    expect_lines("ab\n");
    position = reached();
    assert_int_equal(position.count, 2);
    assert_int_equal(position.marks[0].offset, 6);
    assert_int_equal(pv_log_position_offset(&position), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(renamed_file_is_drained_before_its_successor),
        LOG_TEST(renamed_file_is_read_while_there_is_no_successor),
        LOG_TEST(late_lines_of_a_renamed_file_are_read_until_it_was_quiet_for_long_enough),
        LOG_TEST(renamed_file_that_was_quiet_before_is_followed_for_as_long),
        LOG_TEST(half_line_in_a_finished_file_is_handed_out),
        LOG_TEST(half_line_is_finished_in_the_renamed_file),
        LOG_TEST(long_line_without_an_end_in_a_finished_file_is_one_line),
        LOG_TEST(copytruncate_has_its_unread_rest_read_from_the_copy),
        LOG_TEST(copy_is_not_read_while_it_stands_beside_its_original),
        LOG_TEST(copy_beside_a_live_file_that_is_still_unknown_is_not_read_either),
        LOG_TEST(short_rotated_file_is_not_taken_for_a_copy_of_a_longer_one),
        LOG_TEST(lines_written_between_copying_and_cutting_are_not_lost_when_read_in_time),
        LOG_TEST(file_that_was_cut_and_grew_past_the_old_offset_is_read_from_its_start),
        LOG_TEST(file_that_was_shortened_goes_on_from_its_end),
        LOG_TEST(live_file_that_is_replaced_by_a_copy_of_itself_goes_on),
        LOG_TEST(rotated_file_that_is_moved_back_is_not_read_twice),
        LOG_TEST(directory_or_dangling_link_in_its_place_is_waited_out),
        LOG_TEST(file_that_is_cut_without_a_copy_is_counted_as_lost),
        LOG_TEST(rotated_and_compressed_twice_between_two_looks_is_read_in_order),
        LOG_TEST(empty_file_that_vanished_between_two_looks_does_not_hide_the_next),
        LOG_TEST(log_that_was_filled_and_copied_and_cut_between_two_looks_is_read),
        LOG_TEST(position_gives_the_offset_in_the_newest_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
