/* A log in a private directory, its writer, what rotates it, and a follower of it. Time stands
 * still unless a test moves it; files are stamped with that time. */
#ifndef PRODUCER_LOG_H
#define PRODUCER_LOG_H

#include "test_pageview_support.h"

#include <zlib.h>

#include "dashboard_files.h"
#include "pageview/log.h"
#include "producer/sources/log_follow.h"

#define LIVE        "access.log"
#define ROTATE_WAIT INT64_C(10000)

static char directory[TEST_PATH_SIZE], log_path[TEST_PATH_SIZE];
static int64_t now_ms;
static struct pv_log *follower;

static inline int64_t tell_time(void *context)
{
    (void)context;
    return now_ms;
}

static const struct pv_clock fake_clock = {tell_time, NULL};

static inline void make_follower(void)
{
    struct pv_error error;

    if (pv_log_new(log_path, ROTATE_WAIT, &fake_clock, &follower, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static inline int make_log(void **state)
{
    (void)state;
    pv_log_set_level(PV_LOG_ERROR);
    now_ms = INT64_C(1795525507123);
    make_directory(directory);
    join_path(log_path, directory, LIVE);
    make_follower();
    return 0;
}

static inline int remove_log(void **state)
{
    (void)state;
    pv_log_destroy(follower);
    remove_directory(directory);
    return 0;
}

static inline void stamp(int fd)
{
    struct timespec time = {.tv_sec = (time_t)(now_ms / 1000),
                            .tv_nsec = (long)(now_ms % 1000 * 1000000)};

    assert_return_code(futimens(fd, (struct timespec[2]){time, time}), 0);
}

static inline int open_file(const char *name, int flags)
{
    char path[TEST_PATH_SIZE];
    int fd;

    join_path(path, directory, name);
    fd = open(path, flags, 0644);
    if (fd < 0)
        fail_msg("%s cannot be opened", path);
    return fd;
}

/* Appends to an open file, as a web server does, whatever its name is by now. */
static inline void write_to(int fd, const char *data, size_t length)
{
    assert_int_equal(write(fd, data, length), (ssize_t)length);
    stamp(fd);
}

static inline void add_bytes(const char *name, const char *data, size_t length)
{
    int fd = open_file(name, O_WRONLY | O_CREAT | O_APPEND);

    write_to(fd, data, length);
    close(fd);
}

static inline void add(const char *name, const char *text)
{
    add_bytes(name, text, strlen(text));
}

static inline void move(const char *from, const char *to)
{
    char from_path[TEST_PATH_SIZE], to_path[TEST_PATH_SIZE];

    join_path(from_path, directory, from);
    join_path(to_path, directory, to);
    assert_return_code(rename(from_path, to_path), 0);
}

static inline void remove_file(const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    assert_return_code(unlink(path), 0);
}

/* `length` bytes of `from`, or all if it has fewer, become `to`. */
static inline void copy_part(const char *from, const char *to, size_t length)
{
    struct pv_buffer data = get_file(directory, from);
    int fd = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);

    write_to(fd, data.data, length < data.length ? length : data.length);
    close(fd);
    pv_buffer_clean_up(&data);
}

static inline void copy(const char *from, const char *to)
{
    copy_part(from, to, SIZE_MAX);
}

static inline void cut_to(const char *name, off_t length)
{
    int fd = open_file(name, O_WRONLY);

    assert_return_code(ftruncate(fd, length), 0);
    stamp(fd);
    close(fd);
}

/* As gzip does it: the new file has the time of the old one, which stays until it is removed. */
static inline void compress_beside(const char *name)
{
    struct pv_buffer data = get_file(directory, name);
    struct stat old = file_identity(directory, name);
    char compressed[TEST_PATH_SIZE];
    gzFile gz;
    int fd;

    assert_true(snprintf(compressed, sizeof compressed, "%s.gz", name) < TEST_PATH_SIZE);
    fd = open_file(compressed, O_WRONLY | O_CREAT | O_TRUNC);
    gz = gzdopen(dup(fd), "wb1");
    assert_int_equal(gzwrite(gz, data.data, (unsigned)data.length), data.length);
    assert_int_equal(gzclose(gz), Z_OK);
    assert_return_code(futimens(fd, (struct timespec[2]){old.st_mtim, old.st_mtim}), 0);
    close(fd);
    pv_buffer_clean_up(&data);
}

static inline void compress_log(const char *name)
{
    compress_beside(name);
    remove_file(name);
}

/* What the follower reached, as it would be read back from Kafka. */
static inline struct pv_log_position reached(void)
{
    struct pv_log_position position, parsed;
    char text[PV_POSITION_TEXT_SIZE];

    pv_log_position(follower, &position);
    pv_log_position_format(&position, text);
    if (!pv_log_position_parse(text, &parsed))
        fail_msg("\"%s\" is refused", text);
    return parsed;
}

static inline void start_at(const struct pv_log_position *position, bool from_end)
{
    struct pv_error error;

    if (pv_log_start(follower, position, from_end, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static inline void start(void)
{
    start_at(NULL, false);
}

/* Ends the follower; what comes next happens while nobody reads. */
static inline struct pv_log_position stop(void)
{
    struct pv_log_position position = reached();

    pv_log_destroy(follower);
    make_follower();
    return position;
}

static inline void resume(const struct pv_log_position *position)
{
    start_at(position, false);
}

static inline bool next_line(struct pv_line *line)
{
    struct pv_error error;
    bool found;

    if (pv_log_next(follower, line, &found, &error) != PV_OK)
        fail_msg("%s", error.text);
    return found;
}

/* Takes `count` lines that are there. */
static inline void take(size_t count)
{
    struct pv_line line;

    for (; count > 0; count--)
        assert_true(next_line(&line));
}

/* Takes all lines. They must be these, each with a line feed behind it; pieces have "…\n". */
static inline void expect_lines(const char *expected)
{
    struct pv_buffer text = {0};
    struct pv_line line;

    while (next_line(&line)) {
        pv_buffer_add(&text, line.data, line.length);
        pv_buffer_add_text(&text, line.kind == PV_LINE_PIECE        ? "…\n"
                                  : line.kind == PV_LINE_LAST_PIECE ? ".\n"
                                                                    : "\n");
    }
    pv_buffer_add_char(&text, '\0');
    assert_false(text.failed);
    assert_string_equal(text.data, expected);
    pv_buffer_clean_up(&text);
}

static inline void expect_nothing_lost(void)
{
    assert_int_equal(pv_log_lost_segments(follower), 0);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, make_log, remove_log)

#endif
