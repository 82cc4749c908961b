/* Lines through a pipe: what was written is taken once, whole and in order, however it ends. */
#include "test_pageview_support.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "pageview/buffer.h"
#include "pageview/clock.h"
#include "producer/stdin/stdin_source.h"

enum { DEADLINE_MS = 20000, POLL_MS = 2 };

static int ends[2]; /* of a pipe; -1 when closed */
static struct pv_stdin *source;
static struct pv_stdin_metrics metrics;
static struct pv_buffer taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of `taken` */
static atomic_bool full;
static atomic_int tries;

static enum pv_take take(void *context, const char *line, size_t length)
{
    assert_ptr_equal(context, &taken);
    atomic_fetch_add(&tries, 1);
    if (atomic_load(&full))
        return PV_TAKE_FULL;
    pthread_mutex_lock(&lock);
    pv_buffer_add(&taken, line, length);
    pv_buffer_add_char(&taken, '|');
    pthread_mutex_unlock(&lock);
    return PV_TAKE_DONE;
}

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    memset(&metrics, 0, sizeof metrics);
    atomic_store(&full, false);
    atomic_store(&tries, 0);
    assert_return_code(pipe(ends), 0);
    assert_int_equal(pv_stdin_new(ends[0], take, &taken, &metrics, &source, &error), PV_OK);
    return 0;
}

static void close_end(int at)
{
    if (ends[at] >= 0)
        close(ends[at]);
    ends[at] = -1;
}

static void destroy(void)
{
    pv_stdin_destroy(source);
    source = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    destroy();
    close_end(0);
    close_end(1);
    pv_buffer_clean_up(&taken);
    return 0;
}

static void send_bytes(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(ends[1], data, length);

        assert_true(written > 0);
        data += written;
        length -= (size_t)written;
    }
}

static void send_text(const char *text)
{
    send_bytes(text, strlen(text));
}

static void wait_for(bool (*condition)(void))
{
    int64_t end_ms = pv_monotonic_ms() + DEADLINE_MS;

    while (!condition()) {
        assert_true(pv_monotonic_ms() < end_ms);
        poll(NULL, 0, POLL_MS);
    }
}

static bool is_at_end(void)
{
    return pv_stdin_at_end(source);
}

static void wait_for_end(void)
{
    wait_for(is_at_end);
}

static void expect_taken(const char *expected, size_t length)
{
    bool same;

    pthread_mutex_lock(&lock);
    same = taken.length == length && memcmp(taken.data, expected, length) == 0;
    pthread_mutex_unlock(&lock);
    if (!same)
        fail_msg("took %zu bytes: %.*s", taken.length,
                 (int)(taken.length < 200 ? taken.length : 200), taken.data);
}

static void expect_lines(const char *expected)
{
    expect_taken(expected, strlen(expected));
}

static void lines_are_taken_in_order(void **state)
{
    (void)state;
    send_text("one\ntw");
    send_text("o\n\nthree\r\n");
    close_end(1);
    wait_for_end();
    expect_lines("one|two|three\r|");
    assert_int_equal(pv_metric_get(&metrics.lines), 3);
    assert_int_equal(pv_metric_get(&metrics.bytes), 12);
}

static void half_line_at_the_end_is_a_line(void **state)
{
    (void)state;
    send_text("one\ntwo");
    close_end(1);
    wait_for_end();
    expect_lines("one|two|");
    assert_int_equal(pv_metric_get(&metrics.cut_off), 0);
}

static void nothing_at_all_is_an_end(void **state)
{
    (void)state;
    assert_false(pv_stdin_at_end(source));
    close_end(1);
    wait_for_end();
    assert_null(taken.data);
}

static void nul_is_a_byte_like_any_other(void **state)
{
    (void)state;
    send_bytes("a\0b\n\0\n", 6);
    close_end(1);
    wait_for_end();
    expect_taken("a\0b|\0|", 6);
}

static void long_line_is_skipped_and_its_neighbours_are_not(void **state)
{
    static char line[PV_TAKE_LINE_MAX + 1];

    (void)state;
    memset(line, 'x', sizeof line);
    send_text("one\n");
    send_bytes(line, PV_TAKE_LINE_MAX);
    send_text("\ntwo\n");
    send_bytes(line, PV_TAKE_LINE_MAX + 1);
    send_text("\nthree\n");
    for (size_t i = 0; i < 4; i++)
        send_bytes(line, sizeof line);
    close_end(1);
    wait_for_end();
    assert_int_equal(taken.length, 4 + PV_TAKE_LINE_MAX + 1 + 4 + 6);
    assert_memory_equal(taken.data, "one|xxx", 7);
    assert_memory_equal(taken.data + taken.length - 12, "x|two|three|", 12);
    assert_int_equal(pv_metric_get(&metrics.too_long), 2);
    assert_int_equal(pv_metric_get(&metrics.lines), 4);
}

static bool was_tried_twice(void)
{
    return atomic_load(&tries) >= 2;
}

static void line_without_room_waits_and_is_taken_once(void **state)
{
    (void)state;
    atomic_store(&full, true);
    send_text("one\ntwo\n");
    wait_for(was_tried_twice);
    assert_null(taken.data);
    atomic_store(&full, false);
    close_end(1);
    wait_for_end();
    expect_lines("one|two|");
    assert_int_equal(pv_metric_get(&metrics.waits), 1);
    assert_int_equal(pv_metric_get(&metrics.lost), 0);
}

/* The pipe takes what it has room for, and no more. */
static void writer_is_held_back_while_there_is_no_room(void **state)
{
    static char line[1000];
    size_t sent = 0;

    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    atomic_store(&full, true);
    send_text("one\n");
    wait_for(was_tried_twice);
    assert_return_code(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (sent < 4 << 20 && write(ends[1], line, sizeof line) == (ssize_t)sizeof line)
        sent += sizeof line;
    assert_in_range(sent, 1, 1 << 20);
    atomic_store(&full, false);
    close_end(1);
    wait_for_end();
    assert_int_equal(taken.length, 4 + sent);
}

static void drain_reads_what_the_pipe_holds(void **state)
{
    (void)state;
    atomic_store(&full, true);
    send_text("one\n");
    wait_for(was_tried_twice); /* the thread holds "one"; what follows stays in the pipe */
    send_text("two\nthree");
    close_end(1);
    atomic_store(&full, false);
    pv_stdin_drain(source);
    assert_true(pv_stdin_at_end(source));
    expect_lines("one|two|three|");
}

static void drain_does_not_wait_for_a_writer_for_ever(void **state)
{
    (void)state;
    send_text("one\ntw");
    pv_stdin_drain(source); /* the pipe stays open */
    expect_lines("one|");
    assert_false(pv_stdin_at_end(source));
    assert_int_equal(pv_metric_get(&metrics.cut_off), 1);
}

static bool holds_one(void)
{
    return pv_metric_get(&metrics.waits) == 1;
}

static void *make_room_at_the_end(void *context)
{
    (void)context;
    wait_for(was_tried_twice);
    atomic_store(&full, false);
    return NULL;
}

static void destroy_takes_what_was_read(void **state)
{
    pthread_t thread;

    (void)state;
    atomic_store(&full, true);
    send_text("one\ntwo\n");
    wait_for(holds_one);
    atomic_store(&tries, 0);
    assert_int_equal(pthread_create(&thread, NULL, make_room_at_the_end, NULL), 0);
    destroy();
    pthread_join(thread, NULL);
    expect_lines("one|two|");
    assert_int_equal(pv_metric_get(&metrics.lost), 0);
}

static void lines_without_room_at_the_end_are_counted_as_lost(void **state)
{
    (void)state;
    atomic_store(&full, true);
    send_text("one\ntwo\n");
    wait_for(holds_one);
    destroy();
    assert_null(taken.data);
    assert_int_equal(pv_metric_get(&metrics.lost), 2);
    assert_int_equal(pv_metric_get(&metrics.lines), 0);
}

static void ended_stream_can_be_drained_and_destroyed(void **state)
{
    (void)state;
    close_end(1);
    wait_for_end();
    pv_stdin_drain(source);
    pv_stdin_drain(source);
    pv_stdin_destroy(NULL);
}

static void regular_file_is_read_to_its_end(void **state)
{
    struct pv_error error;
    char path[64];
    int file;

    (void)state;
    destroy();
    write_temporary_file(path, "one\ntwo\n", 8);
    file = open(path, O_RDONLY);
    assert_int_equal(pv_stdin_new(file, take, &taken, &metrics, &source, &error), PV_OK);
    wait_for_end();
    expect_lines("one|two|");
    destroy();
    close(file);
    unlink(path);
}

static void what_cannot_be_read_is_refused(void **state)
{
    struct pv_stdin *none;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_stdin_new(ends[1], take, &taken, &metrics, &none, &error), PV_INVALID);
    assert_contains(error.text, "standard input");
    assert_int_equal(pv_stdin_new(-1, take, &taken, &metrics, &none, &error), PV_INVALID);
}

static void failing_descriptor_is_an_end(void **state)
{
    struct pv_error error;
    int directory = open("/", O_RDONLY);

    (void)state;
    destroy();
    assert_int_equal(pv_stdin_new(directory, take, &taken, &metrics, &source, &error), PV_OK);
    wait_for_end();
    close(directory);
}

static void metrics_are_in_the_table(void **state)
{
    struct pv_metric rows[PV_STDIN_METRIC_ROWS];

    (void)state;
    assert_int_equal(pv_stdin_metrics_table(&metrics, rows), PV_STDIN_METRIC_ROWS);
    assert_string_equal(rows[0].name, "pv_producer_stdin_lines_total");
    assert_ptr_equal(rows[0].value, &metrics.lines);
}

#define STDIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STDIN_TEST(lines_are_taken_in_order),
        STDIN_TEST(half_line_at_the_end_is_a_line),
        STDIN_TEST(nothing_at_all_is_an_end),
        STDIN_TEST(nul_is_a_byte_like_any_other),
        STDIN_TEST(long_line_is_skipped_and_its_neighbours_are_not),
        STDIN_TEST(line_without_room_waits_and_is_taken_once),
        STDIN_TEST(writer_is_held_back_while_there_is_no_room),
        STDIN_TEST(drain_reads_what_the_pipe_holds),
        STDIN_TEST(drain_does_not_wait_for_a_writer_for_ever),
        STDIN_TEST(destroy_takes_what_was_read),
        STDIN_TEST(lines_without_room_at_the_end_are_counted_as_lost),
        STDIN_TEST(ended_stream_can_be_drained_and_destroyed),
        STDIN_TEST(regular_file_is_read_to_its_end),
        STDIN_TEST(what_cannot_be_read_is_refused),
        STDIN_TEST(failing_descriptor_is_an_end),
        STDIN_TEST(metrics_are_in_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
