#define _GNU_SOURCE /* ppoll */
#include "test_pageview_support.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

#include "dashboard_files.h"
#include "logged_events.h"
#include "pageview/clock.h"
#include "pageview/stop.h"
#include "producer/watch.h"

static char directory[TEST_PATH_SIZE], path[TEST_PATH_SIZE];
static struct pv_watch *watch;

/* In the place of libc's: how the watch waits, and whether it was woken. */
static int wait_ms, woken;

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

    wait_ms = timeout_ms;
    woken = ppoll(files, count, timeout_ms < 0 ? NULL : &timeout, NULL);
    return woken;
}

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    make_directory(directory);
    join_path(path, directory, "access.log");
    if (pv_watch_new(&watch, &error) != PV_OK)
        fail_msg("%s", error.text);
    pv_watch_add(watch, path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_watch_destroy(watch);
    remove_directory(directory);
    return 0;
}

static void write_line(void)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

    assert_int_equal(write(fd, "line\n", 5), 5);
    close(fd);
}

/* Waits with no end but what was written: a wait that is not woken by it would never return. */
static void *wait_for_line(void *context)
{
    (void)context;
    while (access(path, F_OK) != 0)
        pv_watch_wait(watch, 1000000, 10);
    return NULL;
}

static void what_is_written_ends_the_wait(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_line, NULL), 0);
    write_line();
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* The first write ends the first wait, of whose gathering those that follow at once are a part. */
static void what_is_written_together_wakes_once(void **state)
{
    int64_t began_ms;

    (void)state;
    for (int i = 0; i < 5; i++)
        write_line();
    pv_watch_wait(watch, 1000000, 10);
    began_ms = pv_monotonic_ms();
    pv_watch_wait(watch, 50, 10);
    assert_true(pv_monotonic_ms() - began_ms >= 50);
}

/* A gathering of a quarter of an hour would be ended by ctest. */
static void gathering_ends_when_the_wait_has_to(void **state)
{
    (void)state;
    write_line();
    pv_watch_wait(watch, 20, 1000000);
}

/* pv_watch_wait asks for the stop and the watch together, and then gathers for no time. */
static void directory_that_is_made_later_is_watched_when_it_is_added_again(void **state)
{
    char below[TEST_PATH_SIZE];

    (void)state;
    logged[0] = '\0';
    join_path(below, directory, "later");
    join_path(path, below, "access.log");
    pv_watch_add(watch, path);
    assert_return_code(mkdir(below, 0700), 0);
    pv_watch_wait(watch, 1000000, 0); /* the directory that it is in is watched */
    assert_int_equal(wait_ms, PV_WATCH_SLOW_MS);
    pv_watch_add(watch, path);
    write_line();
    pv_watch_wait(watch, 1000000, 0);
    assert_int_equal(woken, 1);
    assert_string_equal(logged, "");
}

static void stop_ends_the_wait(void **state)
{
    (void)state;
    pv_stop_install();
    pv_stop_request();
    for (int i = 0; i < 1000; i++)
        pv_watch_wait(watch, 1000000,
                      10); /* a thousand waits that each last would be ended by ctest */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_ends_the_wait),
        TEST(what_is_written_together_wakes_once),
        TEST(gathering_ends_when_the_wait_has_to),
        TEST(directory_that_is_made_later_is_watched_when_it_is_added_again),
        TEST(stop_ends_the_wait), /* for good: it is the last */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
