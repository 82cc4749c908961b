/* What a line is, and where reading begins. */
#define _DEFAULT_SOURCE /* syscall */
#include "producer_log.h"

#include <sys/syscall.h>

/* In the place of libc's: logs are read by it. */
static int64_t bytes_read;

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
    ssize_t got = (ssize_t)syscall(SYS_pread64, fd, data, size, offset);

    if (got > 0)
        bytes_read += got;
    return got;
}

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

/* A log of 40 chunks. */
static void
from_end_finds_the_last_line_however_long_it_is_and_reads_no_more_than_it_needs(void **state)
{
    enum { SIZE = 40 * PV_LOG_CHUNK_SIZE };
    static const int64_t last_lines[] = {1, 1000, PV_LOG_CHUNK_SIZE, PV_LOG_CHUNK_SIZE + 1,
                                         5 * PV_LOG_CHUNK_SIZE};
    char *text = malloc(SIZE);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof last_lines / sizeof last_lines[0]; i++) {
        int64_t line_feed = SIZE - last_lines[i] - 1;
        struct pv_log_position position;

        memset(text, 'x', SIZE);
        text[100] = text[line_feed] = '\n';
        add_bytes(LIVE, text, SIZE);
        bytes_read = 0;
        start_at(NULL, true);
        position = reached();
        assert_int_equal(position.marks[0].offset, line_feed + 1);
        assert_in_range(bytes_read, 1, 4 * last_lines[i] + 4 * PV_LOG_CHUNK_SIZE);
        remove_file(LIVE);
    }
    free(text);
}

static void from_end_is_the_start_of_a_log_that_has_no_whole_line(void **state)
{
    (void)state;
    add(LIVE, "half");
    start_at(NULL, true);
    add(LIVE, " a line\n");
    expect_lines("half a line\n");
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
        LOG_TEST(from_end_finds_the_last_line_however_long_it_is_and_reads_no_more_than_it_needs),
        LOG_TEST(from_end_is_the_start_of_a_log_that_has_no_whole_line),
        LOG_TEST(from_end_means_nothing_to_a_log_with_a_position),
        LOG_TEST(directory_in_its_place_at_the_start_is_waited_out),
        LOG_TEST(missing_directory_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
