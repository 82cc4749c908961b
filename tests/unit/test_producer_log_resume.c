/* Going on with a log whose files were rotated, cut and compressed while nobody read.
 * test_producer_log_rotations.c does the same at random. */
#include "producer_log.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        LOG_TEST(compressed_file_is_kept_until_those_before_it_are_finished),
        LOG_TEST(damaged_compressed_file_is_counted_and_the_newer_ones_are_read),
        LOG_TEST(files_with_other_names_are_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
