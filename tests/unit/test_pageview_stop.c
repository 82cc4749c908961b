/* A stop cannot be taken back, so each of these runs in a child process, whose exit code tells. */
#include "test_pageview_support.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "pageview/stop.h"

enum {
    FINE = 42,
    HUNG_AFTER_S = 30, /* a child that waits for ever is ended by SIGALRM */
};

static int wait_status_of(void (*child)(void))
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(HUNG_AFTER_S);
        pv_stop_install();
        child();
        _exit(FINE);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_exits(void (*child)(void), int code)
{
    int status = wait_status_of(child);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        fail_msg("the child ended with wait status %#x", (unsigned)status);
}

static void require(bool condition)
{
    if (!condition)
        _exit(99);
}

static void nothing_is_asked_at_first_child(void)
{
    require(!pv_stop_requested());
    pv_stop_wait_ms(1);
    require(!pv_stop_requested());
}

static void nothing_is_asked_at_first(void **state)
{
    (void)state;
    assert_exits(nothing_is_asked_at_first_child, FINE);
}

static void sigterm_child(void)
{
    raise(SIGTERM);
    require(pv_stop_requested());
}

static void sigint_child(void)
{
    raise(SIGINT);
    require(pv_stop_requested());
}

static void sigterm_and_sigint_ask_for_a_stop(void **state)
{
    (void)state;
    assert_exits(sigterm_child, FINE);
    assert_exits(sigint_child, FINE);
}

static void two_signals_child(void)
{
    raise(SIGTERM);
    raise(SIGINT);
}

static void a_second_signal_ends_at_once_with_1(void **state)
{
    (void)state;
    assert_exits(two_signals_child, 1);
}

static void own_request_child(void)
{
    pv_stop_request();
    pv_stop_request();
    require(pv_stop_requested());
    raise(SIGTERM); /* the first signal: the work in flight is still finished */
}

static void a_signal_behind_the_programs_own_stop_is_the_first(void **state)
{
    (void)state;
    assert_exits(own_request_child, FINE);
}

static void wait_child(void)
{
    pv_stop_request();
    pv_stop_wait_ms(INT64_MAX);
    pv_stop_wait_ms(INT64_MAX);
}

static void no_wait_outlasts_a_stop(void **state)
{
    (void)state;
    assert_exits(wait_child, FINE);
}

static void a_signal_ends_a_wait(void **state)
{
    int ready[2], status = 0;
    char byte;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(HUNG_AFTER_S);
        pv_stop_install();
        require(write(ready[1], "", 1) == 1);
        pv_stop_wait_ms(INT64_MAX);
        _exit(pv_stop_requested() ? FINE : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
    close(ready[0]);
    close(ready[1]);
}

static void past_deadline_child(void)
{
    pv_stop_wait_ms(0);
    pv_stop_wait_ms(-1);
    pv_stop_wait_ms(INT64_MIN);
}

static void a_wait_until_a_time_gone_by_is_no_wait(void **state)
{
    (void)state;
    assert_exits(past_deadline_child, FINE);
}

static void sigpipe_child(void)
{
    int ends[2];

    require(pipe(ends) == 0);
    close(ends[0]);
    require(write(ends[1], "x", 1) == -1 && errno == EPIPE);
}

static void writing_to_nobody_is_an_error_not_the_end(void **state)
{
    (void)state;
    assert_exits(sigpipe_child, FINE);
}

static void errno_child(void)
{
    errno = ERANGE;
    raise(SIGTERM);
    require(errno == ERANGE);
}

static void a_signal_leaves_errno_alone(void **state)
{
    (void)state;
    assert_exits(errno_child, FINE);
}

static void back_off_doubles_from_100_ms_to_5_s(void **state)
{
    static const int64_t expected[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    struct pv_backoff backoff = {0};

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(pv_backoff_next_ms(&backoff), expected[i]);
    backoff = (struct pv_backoff){0};
    assert_int_equal(pv_backoff_next_ms(&backoff), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_at_first),
        cmocka_unit_test(sigterm_and_sigint_ask_for_a_stop),
        cmocka_unit_test(a_second_signal_ends_at_once_with_1),
        cmocka_unit_test(a_signal_behind_the_programs_own_stop_is_the_first),
        cmocka_unit_test(no_wait_outlasts_a_stop),
        cmocka_unit_test(a_signal_ends_a_wait),
        cmocka_unit_test(a_wait_until_a_time_gone_by_is_no_wait),
        cmocka_unit_test(writing_to_nobody_is_an_error_not_the_end),
        cmocka_unit_test(a_signal_leaves_errno_alone),
        cmocka_unit_test(back_off_doubles_from_100_ms_to_5_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
