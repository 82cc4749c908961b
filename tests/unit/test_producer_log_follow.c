/* Following a log whose files are rotated, cut and filled under the follower or while it is away.
 * test_producer_log_rotations.c does the same at random. */
#include "producer_log.h"

#include <errno.h>

static void lines_come_in_order_and_once(void **state)
{
    (void)state;
    add(LIVE, "a\nb\n");
    start();
    expect_lines("a\nb\n");
    add(LIVE, "c\n");
    expect_lines("c\n");
    expect_lines("");
}

static void half_line_waits_for_its_rest(void **state)
{
    (void)state;
    add(LIVE, "whole\nha");
    start();
    expect_lines("whole\n");
    add(LIVE, "lf a li");
    expect_lines("");
    add(LIVE, "ne\nnext\n");
    expect_lines("half a line\nnext\n");
}

static void half_line_is_read_again_after_a_restart(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "whole\nha");
    start();
    expect_lines("whole\n");
    position = stop();
    add(LIVE, "lf\n");
    resume(&position);
    expect_lines("half\n");
}

static void empty_lines_nuls_and_carriage_returns_are_kept(void **state)
{
    static const char bytes[] = "\n\na\0b\n\r\nc\r\n";
    static const struct {
        const char *data;
        size_t length;
    } lines[] = {{"", 0}, {"", 0}, {"a\0b", 3}, {"\r", 1}, {"c\r", 2}};
    struct pv_line line;

    (void)state;
    add_bytes(LIVE, bytes, sizeof bytes - 1);
    start();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_true(next_line(&line));
        assert_int_equal(line.kind, PV_LINE_WHOLE);
        assert_int_equal(line.length, lines[i].length);
        assert_memory_equal(line.data, lines[i].data, line.length);
    }
    assert_false(next_line(&line));
}

/* A line of `size` bytes between two short ones. */
static void expect_long_line(size_t size)
{
    char *bytes = malloc(size);
    struct pv_line line;
    size_t taken = 0;

    assert_non_null(bytes);
    memset(bytes, 'x', size);
    add(LIVE, "one\n");
    add_bytes(LIVE, bytes, size);
    add(LIVE, "\ntwo\n");
    start();
    take(1);
    for (taken = 0; size - taken > PV_LOG_LINE_MAX; taken += PV_LOG_LINE_MAX) {
        assert_true(next_line(&line));
        assert_int_equal(line.kind, PV_LINE_PIECE);
        assert_int_equal(line.length, PV_LOG_LINE_MAX);
        assert_memory_equal(line.data, bytes + taken, line.length);
    }
    assert_true(next_line(&line));
    assert_int_equal(line.kind, taken > 0 ? PV_LINE_LAST_PIECE : PV_LINE_WHOLE);
    assert_int_equal(line.length, size - taken);
    expect_lines("two\n");
    remove_file(LIVE);
    free(bytes);
}

static void longest_whole_line_has_65536_bytes(void **state)
{
    (void)state;
    expect_long_line(PV_LOG_LINE_MAX);
    expect_long_line(PV_LOG_LINE_MAX + 1);
}

static void line_of_ten_megabytes_comes_in_pieces_between_its_neighbours(void **state)
{
    (void)state;
    expect_long_line(10485760);
}

static void long_line_that_grows_slowly_is_one_line(void **state)
{
    static char part[50000];
    struct pv_line line;

    (void)state;
    memset(part, 'x', sizeof part);
    add_bytes(LIVE, part, sizeof part);
    start();
    assert_false(next_line(&line));
    add_bytes(LIVE, part, sizeof part);
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_PIECE);
    assert_false(next_line(&line));
    assert_int_equal(reached().marks[0].offset, 0);
    add(LIVE, "end\nnext\n");
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_LAST_PIECE);
    assert_int_equal(line.length, sizeof part + sizeof part + 3 - PV_LOG_LINE_MAX);
    expect_lines("next\n");
}

static void long_line_is_read_from_its_start_after_a_restart(void **state)
{
    static char part[PV_LOG_LINE_MAX + 100];
    struct pv_log_position position;
    struct pv_line line;

    (void)state;
    memset(part, 'x', sizeof part);
    add(LIVE, "one\n");
    add_bytes(LIVE, part, sizeof part);
    add(LIVE, "\ntwo\n");
    start();
    take(2);
    position = stop();
    resume(&position);
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_PIECE);
    assert_true(next_line(&line));
    assert_int_equal(line.kind, PV_LINE_LAST_PIECE);
    assert_int_equal(line.length, 100);
    expect_lines("two\n");
}

static void log_that_does_not_exist_yet_is_read_from_its_start_when_it_does(void **state)
{
    (void)state;
    start_at(NULL, true);
    expect_lines("");
    add(LIVE, "a\n");
    expect_lines("a\n");
}

static void rotated_files_of_before_the_first_start_are_left_alone(void **state)
{
    (void)state;
    add("access.log.1", "old\n");
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
}

static void files_that_came_and_were_rotated_after_the_start_are_all_read(void **state)
{
    (void)state;
    add("access.log.1", "old\n");
    now_ms += 1000;
    start();
    expect_lines("");
    move("access.log.1", "access.log.2");
    add("access.log.1", "a\n");
    add(LIVE, "b\n");
    expect_lines("a\nb\n");
}

static void from_end_skips_whole_lines_but_not_a_half_one(void **state)
{
    (void)state;
    add(LIVE, "a\nb\nha");
    start_at(NULL, true);
    expect_lines("");
    add(LIVE, "lf\n");
    expect_lines("half\n");
}

static void from_end_means_nothing_to_a_log_with_a_position(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "a\n");
    start();
    expect_lines("a\n");
    position = stop();
    add(LIVE, "b\n");
    start_at(&position, true);
    expect_lines("b\n");
}

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

static void directory_in_its_place_at_the_start_is_waited_out(void **state)
{
    (void)state;
    assert_return_code(mkdir(log_path, 0755), 0);
    start();
    expect_lines("");
    assert_return_code(rmdir(log_path), 0);
    add(LIVE, "a\n");
    expect_lines("a\n");
}

static void missing_directory_is_waited_for(void **state)
{
    char away[TEST_PATH_SIZE + 8];

    (void)state;
    snprintf(away, sizeof away, "%s.away", directory);
    assert_return_code(rename(directory, away), 0);
    start();
    expect_lines("");
    assert_return_code(rename(away, directory), 0);
    add(LIVE, "a\n");
    expect_lines("a\n");
}

/* "first\n" is read, "rest\n" is not, when the follower stops. */
static struct pv_log_position stop_amid_a_file(void)
{
    add(LIVE, "first\n");
    start();
    expect_lines("first\n");
    add(LIVE, "rest\n");
    return stop();
}

static void expect_after_resuming(const struct pv_log_position *position, const char *expected)
{
    resume(position);
    expect_lines(expected);
    expect_lines("");
    expect_nothing_lost();
}

static void renamed_twice_while_away_is_read_in_order(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.2");
    add("access.log.1", "second\n");
    add(LIVE, "third\n");
    expect_after_resuming(&position, "rest\nsecond\nthird\n");
}

static void ten_rotations_while_away_are_read_in_order_and_once(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    for (int rotation = 0; rotation < 10; rotation++) {
        char from[32], to[32], text[32];

        for (int i = rotation; i > 0; i--) {
            snprintf(from, sizeof from, "access.log.%d", i);
            snprintf(to, sizeof to, "access.log.%d", i + 1);
            move(from, to);
        }
        move(LIVE, "access.log.1");
        now_ms += ROTATE_WAIT;
        snprintf(text, sizeof text, "%d\n", rotation);
        add(LIVE, text);
    }
    expect_after_resuming(&position, "rest\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    assert_int_equal(reached().count, 2); /* somebody may still write to access.log.1 */
}

static void ten_empty_files_hide_nothing_behind_them(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.20");
    for (int i = 19; i > 9; i--) {
        char name[32];

        snprintf(name, sizeof name, "access.log.%d", i);
        add(name, "");
    }
    now_ms += ROTATE_WAIT;
    add(LIVE, "last\n");
    expect_after_resuming(&position, "rest\nlast\n");
}

static void compressed_while_away_is_read_on(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.1");
    compress_log("access.log.1");
    add(LIVE, "second\n");
    expect_after_resuming(&position, "rest\nsecond\n");
}

static void rotated_twice_and_compressed_while_away_is_read_on(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.2");
    compress_log("access.log.2");
    add("access.log.1", "second\n");
    compress_log("access.log.1");
    add(LIVE, "third\n");
    expect_after_resuming(&position, "rest\nsecond\nthird\n");
}

static void dated_files_are_read_in_order(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log-20261130");
    compress_log("access.log-20261130");
    add("access.log-20261201", "second\n");
    add(LIVE, "third\n");
    expect_after_resuming(&position, "rest\nsecond\nthird\n");
}

static void unfinished_compressed_file_beside_its_plain_twin_is_not_read(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.1");
    add("access.log.1.gz", "\x1f\x8b\x08 and no more of it yet");
    add(LIVE, "second\n");
    expect_after_resuming(&position, "rest\nsecond\n");
    compress_log("access.log.1");
    expect_lines("");
    position = stop();
    expect_after_resuming(&position, "");
}

static void copied_and_cut_while_away_is_read_from_the_copy(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    add(LIVE, "second, and longer than the first was\n");
    expect_after_resuming(&position, "rest\nsecond, and longer than the first was\n");
}

static void copied_and_cut_twice_while_away_is_read_from_the_copies(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    copy(LIVE, "access.log.2");
    compress_log("access.log.2");
    cut_to(LIVE, 0);
    add(LIVE, "second\n");
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    expect_after_resuming(&position, "rest\nsecond\n");
}

static void inode_of_another_content_is_another_file(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    copy(LIVE, "access.log.1");
    cut_to(LIVE, 0);
    add(LIVE, "other\nrest\n");
    assert_int_equal(position.marks[0].inode, file_identity(directory, LIVE).st_ino);
    expect_after_resuming(&position, "rest\nother\nrest\n");
}

static void position_in_an_empty_file_does_not_hide_what_it_was_rotated_to(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "");
    start();
    expect_lines("");
    position = stop();
    now_ms += 1000;
    add(LIVE, "a\n");
    copy(LIVE, "access.log.1"); /* the inode that the position knows gets another content */
    compress_log("access.log.1");
    cut_to(LIVE, 0);
    add(LIVE, "b\n");
    expect_after_resuming(&position, "a\nb\n");
}

static void file_that_vanished_while_away_is_counted_and_the_newer_ones_are_read(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    now_ms += 1000;
    remove_file(LIVE);
    add("access.log.1", "second\n");
    add(LIVE, "third\n");
    resume(&position);
    expect_lines("second\nthird\n");
    assert_int_equal(pv_log_lost_segments(follower), 1);
}

static void older_files_are_not_read_in_place_of_one_that_vanished(void **state)
{
    struct pv_log_position position;

    (void)state;
    add("access.log.1", "long read\n");
    now_ms += 1000;
    position = stop_amid_a_file();
    remove_file(LIVE);
    add(LIVE, "third\n");
    resume(&position);
    expect_lines("third\n");
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

static void compressed_file_is_kept_until_those_before_it_are_finished(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    move(LIVE, "access.log.2");
    add("access.log.1", "second\n");
    compress_log("access.log.1");
    add(LIVE, "");
    resume(&position);
    expect_lines("rest\nsecond\n");
    position = stop();
    expect_after_resuming(&position, "");
}

static void damaged_compressed_file_is_counted_and_the_newer_ones_are_read(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    add(LIVE, "a line that no longer can be read because the file is damaged before it\n");
    move(LIVE, "access.log.1");
    compress_log("access.log.1");
    cut_to("access.log.1.gz", file_identity(directory, "access.log.1.gz").st_size - 12);
    add(LIVE, "second\n");
    resume(&position);
    for (struct pv_line line; next_line(&line);)
        if (line.length == 6 && memcmp(line.data, "second", 6) == 0)
            break;
    expect_lines("");
    assert_int_equal(pv_log_lost_segments(follower), 1);
}

static void files_with_other_names_are_not_read(void **state)
{
    struct pv_log_position position = stop_amid_a_file();

    (void)state;
    now_ms += 1000;
    add("access.log.bak", "no\n");
    add("access.log.1.bak", "no\n");
    add("access.log-ssl", "no\n");
    add("access.log.old.gz", "no\n");
    expect_after_resuming(&position, "rest\n");
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
    assert_string_equal(pv_log_path(follower), log_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(lines_come_in_order_and_once),
        LOG_TEST(half_line_waits_for_its_rest),
        LOG_TEST(half_line_is_read_again_after_a_restart),
        LOG_TEST(empty_lines_nuls_and_carriage_returns_are_kept),
        LOG_TEST(longest_whole_line_has_65536_bytes),
        LOG_TEST(line_of_ten_megabytes_comes_in_pieces_between_its_neighbours),
        LOG_TEST(long_line_that_grows_slowly_is_one_line),
        LOG_TEST(long_line_is_read_from_its_start_after_a_restart),
        LOG_TEST(log_that_does_not_exist_yet_is_read_from_its_start_when_it_does),
        LOG_TEST(rotated_files_of_before_the_first_start_are_left_alone),
        LOG_TEST(files_that_came_and_were_rotated_after_the_start_are_all_read),
        LOG_TEST(from_end_skips_whole_lines_but_not_a_half_one),
        LOG_TEST(from_end_means_nothing_to_a_log_with_a_position),
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
        LOG_TEST(directory_in_its_place_at_the_start_is_waited_out),
        LOG_TEST(missing_directory_is_waited_for),
        LOG_TEST(renamed_twice_while_away_is_read_in_order),
        LOG_TEST(ten_rotations_while_away_are_read_in_order_and_once),
        LOG_TEST(ten_empty_files_hide_nothing_behind_them),
        LOG_TEST(compressed_while_away_is_read_on),
        LOG_TEST(rotated_twice_and_compressed_while_away_is_read_on),
        LOG_TEST(dated_files_are_read_in_order),
        LOG_TEST(unfinished_compressed_file_beside_its_plain_twin_is_not_read),
        LOG_TEST(copied_and_cut_while_away_is_read_from_the_copy),
        LOG_TEST(copied_and_cut_twice_while_away_is_read_from_the_copies),
        LOG_TEST(inode_of_another_content_is_another_file),
        LOG_TEST(position_in_an_empty_file_does_not_hide_what_it_was_rotated_to),
        LOG_TEST(file_that_vanished_while_away_is_counted_and_the_newer_ones_are_read),
        LOG_TEST(older_files_are_not_read_in_place_of_one_that_vanished),
        LOG_TEST(file_that_is_cut_without_a_copy_is_counted_as_lost),
        LOG_TEST(rotated_and_compressed_twice_between_two_looks_is_read_in_order),
        LOG_TEST(empty_file_that_vanished_between_two_looks_does_not_hide_the_next),
        LOG_TEST(log_that_was_filled_and_copied_and_cut_between_two_looks_is_read),
        LOG_TEST(compressed_file_is_kept_until_those_before_it_are_finished),
        LOG_TEST(damaged_compressed_file_is_counted_and_the_newer_ones_are_read),
        LOG_TEST(files_with_other_names_are_not_read),
        LOG_TEST(position_gives_the_offset_in_the_newest_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
