/* Which files are segments, and from where they are read. What is read of them is the business of
 * test_producer_log_follow.c. */
#include "producer_log.h"

#include "producer/sources/log_segments.h"

static struct pv_log_segments segments;

static int make_segments(void **state)
{
    memset(&segments, 0, sizeof segments);
    return make_log(state);
}

static int remove_segments(void **state)
{
    pv_log_segments_clean_up(&segments);
    return remove_log(state);
}

static void refresh(int64_t known_ms)
{
    struct pv_error error;

    if (pv_log_segments_refresh(&segments, log_path, known_ms, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static void resume_at(const struct pv_log_position *position)
{
    struct pv_error error;

    if (pv_log_segments_resume(&segments, log_path, position, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static struct pv_log_position position_of_segments(void)
{
    struct pv_log_position position = {.known_ms = now_ms, .count = segments.count};

    for (size_t i = 0; i < segments.count; i++)
        position.marks[i] = pv_segment_mark_of(&segments.items[i]);
    return position;
}

static void expect_segment(size_t index, const char *name, int64_t offset)
{
    assert_true(index < segments.count);
    assert_int_equal(segments.items[index].inode, file_identity(directory, name).st_ino);
    assert_int_equal(segments.items[index].offset, offset);
}

static void first_look_takes_the_live_file_alone(void **state)
{
    (void)state;
    add("access.log.1", "old\n");
    add(LIVE, "live\n");
    assert_true(pv_log_segments_changed(&segments, log_path));
    refresh(INT64_MAX);
    assert_int_equal(segments.count, 1);
    expect_segment(0, LIVE, 0);
    assert_false(pv_log_segments_changed(&segments, log_path));
    assert_true(pv_log_segments_are_all(&segments, log_path));
}

static void nothing_is_changed_while_the_live_file_is_missing(void **state)
{
    (void)state;
    assert_false(pv_log_segments_changed(&segments, log_path));
    assert_false(pv_log_segments_are_all(&segments, log_path));
    add(LIVE, "live\n");
    refresh(INT64_MAX);
    move(LIVE, "access.log.1");
    assert_false(pv_log_segments_changed(&segments, log_path));
    assert_false(pv_log_segments_are_all(&segments, log_path));
    add(LIVE, "next\n");
    assert_true(pv_log_segments_changed(&segments, log_path));
    refresh(now_ms);
    assert_int_equal(segments.count, 2);
    expect_segment(0, "access.log.1", 0);
    expect_segment(1, LIVE, 0);
}

static void marks_are_found_from_the_oldest_to_the_newest(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "first\n");
    refresh(INT64_MAX);
    pv_segment_go_to(&segments.items[0], 6);
    move(LIVE, "access.log.1");
    add(LIVE, "second\nthird\n");
    refresh(now_ms);
    pv_segment_go_to(&segments.items[1], 7);
    position = position_of_segments();
    pv_log_segments_clean_up(&segments);
    move("access.log.1", "access.log.2");
    move(LIVE, "access.log.1");
    add(LIVE, "fourth\n");
    resume_at(&position);
    assert_int_equal(segments.count, 3);
    expect_segment(0, "access.log.2", 6);
    expect_segment(1, "access.log.1", 7);
    expect_segment(2, LIVE, 0);
    assert_int_equal(segments.lost, 0);
}

static void no_more_than_eight_are_open_and_the_rest_waits(void **state)
{
    struct pv_log_position position;

    (void)state;
    add("access.log-20261100", "first\n");
    position = (struct pv_log_position){.known_ms = now_ms};
    for (int day = 1; day <= 11; day++) {
        char name[32];

        snprintf(name, sizeof name, "access.log-202611%02d", day);
        add(name, name);
    }
    add(LIVE, "live\n");
    resume_at(&position);
    assert_int_equal(segments.count, PV_LOG_SEGMENTS_MAX);
    expect_segment(0, "access.log-20261100", 0);
    expect_segment(7, "access.log-20261107", 0);
    assert_true(pv_log_segments_changed(&segments, log_path));
    assert_false(pv_log_segments_are_all(&segments, log_path));
    while (segments.count > 1)
        pv_log_segments_remove(&segments, 0);
    refresh(now_ms);
    assert_int_equal(segments.count, 6);
    expect_segment(0, "access.log-20261107", 0);
    expect_segment(5, LIVE, 0);
    assert_true(pv_log_segments_are_all(&segments, log_path));
}

static void without_a_mark_only_what_was_written_since_is_new(void **state)
{
    struct pv_log_position position;

    (void)state;
    add("access.log.2", "read long ago\n");
    now_ms += 1000;
    position = (struct pv_log_position){.known_ms = now_ms};
    add("access.log.1", "new\n");
    add(LIVE, "live\n");
    resume_at(&position);
    assert_int_equal(segments.count, 2);
    expect_segment(0, "access.log.1", 0);
    expect_segment(1, LIVE, 0);
    assert_int_equal(segments.lost, 0);
}

static void mark_of_a_vanished_file_is_counted_as_lost(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "first\n");
    refresh(INT64_MAX);
    position = position_of_segments();
    pv_log_segments_clean_up(&segments);
    remove_file(LIVE);
    resume_at(&position);
    assert_int_equal(segments.count, 0);
    assert_int_equal(segments.lost, 1);
}

static void file_known_as_empty_is_followed_when_it_was_rotated(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "");
    refresh(INT64_MAX);
    now_ms += 1000;
    position = position_of_segments();
    pv_log_segments_clean_up(&segments);
    move(LIVE, "access.log.1"); /* its writer still has it open */
    add(LIVE, "live\n");
    resume_at(&position);
    assert_int_equal(segments.count, 2);
    expect_segment(0, "access.log.1", 0);
    expect_segment(1, LIVE, 0);
}

static void same_file_is_a_better_find_than_a_newer_copy_of_it(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "first\n");
    refresh(INT64_MAX);
    pv_segment_go_to(&segments.items[0], 6);
    position = position_of_segments();
    pv_log_segments_clean_up(&segments);
    move(LIVE, "access.log.2");
    copy("access.log.2", "access.log.1");
    resume_at(&position);
    expect_segment(0, "access.log.2", 6);
}

static void copy_that_has_the_offset_is_a_better_find_than_a_newer_shorter_one(void **state)
{
    struct pv_log_position position;

    (void)state;
    add(LIVE, "first\n");
    refresh(INT64_MAX);
    position = position_of_segments();
    pv_log_segments_clean_up(&segments);
    add(LIVE, "second\n");
    position.marks[0].offset = 13;
    copy(LIVE, "access.log.2");
    copy_part(LIVE, "access.log.1", 8);
    remove_file(LIVE);
    resume_at(&position);
    expect_segment(0, "access.log.2", 13);
    assert_int_equal(segments.lost, 0);
}

static void inode_of_an_empty_file_may_be_that_of_an_old_one_now(void **state)
{
    struct pv_log_position position = {.count = 1};

    (void)state;
    add("access.log.1", "read long ago\n");
    position.marks[0].device = file_identity(directory, "access.log.1").st_dev;
    position.marks[0].inode = file_identity(directory, "access.log.1").st_ino;
    now_ms += 1000;
    position.known_ms = now_ms;
    add(LIVE, "live\n");
    resume_at(&position);
    assert_int_equal(segments.count, 1);
    expect_segment(0, LIVE, 0);
}

static void directory_that_cannot_be_read_leaves_the_segments_alone(void **state)
{
    struct pv_error error;

    (void)state;
    add(LIVE, "first\n");
    refresh(INT64_MAX);
    assert_int_equal(pv_log_segments_refresh(&segments, "/nowhere/" LIVE, now_ms, &error), PV_IO);
    assert_int_equal(segments.count, 1);
    expect_segment(0, LIVE, 0);
}

#define SEGMENTS_TEST(name) cmocka_unit_test_setup_teardown(name, make_segments, remove_segments)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEGMENTS_TEST(first_look_takes_the_live_file_alone),
        SEGMENTS_TEST(nothing_is_changed_while_the_live_file_is_missing),
        SEGMENTS_TEST(marks_are_found_from_the_oldest_to_the_newest),
        SEGMENTS_TEST(no_more_than_eight_are_open_and_the_rest_waits),
        SEGMENTS_TEST(without_a_mark_only_what_was_written_since_is_new),
        SEGMENTS_TEST(mark_of_a_vanished_file_is_counted_as_lost),
        SEGMENTS_TEST(file_known_as_empty_is_followed_when_it_was_rotated),
        SEGMENTS_TEST(same_file_is_a_better_find_than_a_newer_copy_of_it),
        SEGMENTS_TEST(copy_that_has_the_offset_is_a_better_find_than_a_newer_shorter_one),
        SEGMENTS_TEST(inode_of_an_empty_file_may_be_that_of_an_old_one_now),
        SEGMENTS_TEST(directory_that_cannot_be_read_leaves_the_segments_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
