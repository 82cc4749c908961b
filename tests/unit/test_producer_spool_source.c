#include "test_pageview_support.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "dashboard_files.h"
#include "pageview/log.h"
#include "pageview/spool.h"
#include "producer/sources/spool_source.h"

#define BOUND PV_SPOOL_MAX_LEAST /* segments of 4 KiB */

static char directory[TEST_PATH_SIZE], id[PV_SPOOL_ID_SIZE];
static struct pv_spool *spool;
static struct pv_line_source source;

static void open_source(void)
{
    struct pv_error error;

    if (pv_spool_source_new(directory, &source, id, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static void close_source(void)
{
    source.kind->destroy(source.self);
}

static void start(const char *position)
{
    struct pv_error error;

    if (source.kind->start(source.self, position, false, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    pv_log_set_level(PV_LOG_ERROR);
    make_directory(directory);
    if (pv_spool_open(directory, BOUND, PV_SPOOL_SYNC_OFF, &spool, &error) != PV_OK)
        fail_msg("%s", error.text);
    open_source();
    start(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_source();
    pv_spool_close(spool);
    remove_directory(directory);
    return 0;
}

static void append(const char *line)
{
    assert_int_equal(pv_spool_append(spool, line, strlen(line)), PV_SPOOL_OK);
}

/* Lines "00000", "00001" and so on, each of 100 bytes, so that 41 fill a segment. */
static void append_numbers(int first, int end)
{
    for (int i = first; i < end; i++) {
        char line[128];

        snprintf(line, sizeof line, "%05d%94s\n", i, "");
        append(line);
    }
}

static bool next(struct pv_line *line)
{
    struct pv_error error;
    bool found;

    if (source.kind->next(source.self, line, &found, &error) != PV_OK)
        fail_msg("%s", error.text);
    return found;
}

static void expect_line(const char *text)
{
    struct pv_line line;

    if (!next(&line))
        fail_msg("no line where \"%s\" should be", text);
    assert_int_equal(line.kind, PV_LINE_WHOLE);
    assert_int_equal(line.length, strlen(text));
    assert_memory_equal(line.data, text, line.length);
}

static void expect_none(void)
{
    struct pv_line line;

    if (next(&line))
        fail_msg("there is a line: \"%.*s\"", (int)line.length, line.data);
}

static void expect_numbers(int first, int end)
{
    for (int i = first; i < end; i++) {
        struct pv_line line;
        char number[16];

        snprintf(number, sizeof number, "%05d", i);
        if (!next(&line) || line.length != 99 || memcmp(line.data, number, 5) != 0)
            fail_msg("line %d is missing", i);
    }
}

static const char *position(void)
{
    static char text[PV_POSITION_TEXT_SIZE];
    int64_t offset;

    source.kind->position(source.self, text, &offset);
    return text;
}

static struct pv_spool_range look(void)
{
    struct pv_spool_range range;
    struct pv_error error;
    int fd = open(directory, O_RDONLY | O_DIRECTORY);

    if (pv_spool_look(fd, &range, &error) != PV_OK)
        fail_msg("%s", error.text);
    close(fd);
    return range;
}

static void append_to_file(const char *name, const char *text)
{
    char path[TEST_PATH_SIZE];
    int fd;

    join_path(path, directory, name);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void lines_come_in_their_order_across_segments(void **state)
{
    (void)state;
    expect_none();
    append_numbers(0, 500);
    assert_true(look().newest > 10);
    expect_numbers(0, 500);
    expect_none();
    append_numbers(500, 600);
    expect_numbers(500, 600);
    expect_none();
}

static void reading_goes_on_from_a_position(void **state)
{
    char from[PV_POSITION_TEXT_SIZE];

    (void)state;
    append_numbers(0, 300);
    for (int i = 0; i < 300; i++) {
        expect_numbers(i, i + 1);
        strcpy(from, position());
        close_source();
        open_source();
        start(from);
    }
    expect_none();
}

static void shipped_segments_are_removed_and_only_those(void **state)
{
    pv_spool_segment first;

    (void)state;
    append_numbers(0, 200);
    first = look().oldest;
    expect_numbers(0, 1);
    source.kind->committed(source.self, position());
    assert_int_equal(look().oldest, first);
    expect_numbers(1, 100);
    source.kind->committed(source.self, position());
    assert_int_equal(look().oldest, first + 2); /* 100 lines are two segments and a bit */
    start(position());
    expect_numbers(100, 200);
    source.kind->committed(source.self, position());
    assert_int_equal(look().oldest, look().newest);
    append_numbers(200, 300);
    expect_numbers(200, 300);
}

static void full_spool_takes_lines_again_once_it_is_shipped(void **state)
{
    char line[101];
    int count = 0;

    (void)state;
    memset(line, 'x', 99);
    strcpy(line + 99, "\n");
    while (pv_spool_append(spool, line, 100) == PV_SPOOL_OK)
        count++;
    assert_true(count > 500 && count * 100 <= BOUND + 4096);
    assert_true(look().bytes <= BOUND);
    for (int i = 0; i < count; i++) {
        struct pv_line got;

        assert_true(next(&got));
    }
    expect_none();
    source.kind->committed(source.self, position());
    append_numbers(0, 100);
    expect_numbers(0, 100);
}

static void half_a_line_waits_for_its_rest(void **state)
{
    (void)state;
    append_to_file("000000000001.ndjson", "whole\nhal");
    expect_line("whole");
    expect_none();
    append_to_file("000000000001.ndjson", "f\n");
    expect_line("half");
    expect_none();
}

static void torn_last_line_of_a_closed_segment_is_a_line_of_its_own(void **state)
{
    (void)state;
    append_to_file("000000000001.ndjson", "whole\ntor");
    expect_line("whole");
    expect_none();
    append_to_file("000000000002.ndjson", "next\n");
    expect_line("tor");
    expect_line("next");
}

static void line_that_is_too_long_comes_in_pieces_and_harms_no_neighbour(void **state)
{
    static char longest[300002];
    struct pv_line line;
    size_t length = 0;

    (void)state;
    memset(longest, 'x', 300000);
    longest[300000] = '\n';
    append_to_file("000000000001.ndjson", "before\n");
    append_to_file("000000000001.ndjson", longest);
    append_to_file("000000000001.ndjson", "behind\n");
    expect_line("before");
    do {
        assert_true(next(&line));
        assert_int_not_equal(line.kind, PV_LINE_WHOLE);
        length += line.length;
    } while (line.kind == PV_LINE_PIECE);
    assert_int_equal(length, 300000);
    expect_line("behind");
}

static void second_reader_is_refused(void **state)
{
    struct pv_line_source second;
    struct pv_error error;
    char other[PV_SPOOL_ID_SIZE];

    (void)state;
    assert_int_equal(pv_spool_source_new(directory, &second, other, &error), PV_INVALID);
    assert_contains(error.text, "another pv-producer");
    assert_contains(error.text, directory);
}

static void spool_keeps_its_id_and_has_one_of_its_own(void **state)
{
    char first[PV_SPOOL_ID_SIZE], other[TEST_PATH_SIZE];

    (void)state;
    strcpy(first, id);
    assert_int_equal(strlen(first), 16);
    close_source();
    open_source();
    assert_string_equal(id, first);
    close_source();
    join_path(other, directory, "other");
    assert_int_equal(mkdir(other, 0700), 0);
    strcpy(directory, other);
    open_source();
    assert_string_not_equal(id, first);
    *strrchr(directory, '/') = '\0';
}

static void removed_segment_counts_as_lost_and_reading_goes_on(void **state)
{
    char path[TEST_PATH_SIZE];
    struct pv_line line;
    int first;

    (void)state;
    append_numbers(0, 200);
    expect_numbers(0, 10);
    join_path(path, directory, "000000000001.ndjson");
    assert_int_equal(unlink(path), 0);
    start(position());
    assert_int_equal(source.kind->lost(source.self), 1);
    assert_true(next(&line));
    first = atoi(line.data);
    assert_true(first > 10 && first < 100);
    expect_numbers(first + 1, 200);
    expect_none();
}

static void positions_of_other_things_are_none(void **state)
{
    static const char *const others[] = {
        "", "1;1795561971693", "spool1;1", "spool1;1;-1", "spool1;1;2x", "spool2;1;2"};

    (void)state;
    assert_true(source.kind->is_position("spool1;1;2"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(source.kind->is_position(others[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_come_in_their_order_across_segments),
        TEST(reading_goes_on_from_a_position),
        TEST(shipped_segments_are_removed_and_only_those),
        TEST(full_spool_takes_lines_again_once_it_is_shipped),
        TEST(half_a_line_waits_for_its_rest),
        TEST(torn_last_line_of_a_closed_segment_is_a_line_of_its_own),
        TEST(line_that_is_too_long_comes_in_pieces_and_harms_no_neighbour),
        TEST(second_reader_is_refused),
        TEST(spool_keeps_its_id_and_has_one_of_its_own),
        TEST(removed_segment_counts_as_lost_and_reading_goes_on),
        TEST(positions_of_other_things_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
