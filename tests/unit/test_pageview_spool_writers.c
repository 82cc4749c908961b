/* What many writers append is there whole and once, within the bound. */
#define _DEFAULT_SOURCE /* flock */
#include "pageview_spool_directory.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { WRITERS = 8 };

/* In the place of libc's: the spool's calls come here. */
static _Atomic(pid_t *)
    forked_meanwhile; /* where to put the process that is forked at the next look */

static pid_t fork_sleeper(void)
{
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    return child;
}

int faccessat(int at, const char *name, int mode, int flags)
{
    pid_t *child = atomic_exchange(&forked_meanwhile, NULL);

    if (child != NULL)
        *child = fork_sleeper();
    return (int)syscall(SYS_faccessat, at, name, mode, flags);
}

/* Checks that the spool has the lines "WRITER NUMBER xxx" of each writer, in order, from `begin[w]`
 * up to at least `end[w]`, once each. */
static void expect_lines(char *text, int begin[WRITERS], const int end[WRITERS])
{
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *end_of_writer;
        long writer = strtol(line, &end_of_writer, 10), number = strtol(end_of_writer, NULL, 10);

        if (writer < 0 || writer >= WRITERS || strstr(line, " x") == NULL)
            fail_msg("not a whole line: %.40s", line);
        if (number != begin[writer])
            fail_msg("writer %ld: %ld follows %d", writer, number, begin[writer] - 1);
        begin[writer]++;
    }
    for (int writer = 0; writer < WRITERS; writer++)
        if (begin[writer] < end[writer])
            fail_msg("writer %d: %d lines of %d", writer, begin[writer], end[writer]);
}

static bool append_numbered(struct pv_spool_writer *to, int writer, int number, size_t size)
{
    char line[LINE_MAX_SIZE];
    enum pv_spool_result result;
    size_t at;

    memset(line, 'x', size);
    at = (size_t)snprintf(line, sizeof line, "%d %d ", writer, number);
    line[at] = 'x';
    line[size - 1] = '\n';
    result = pv_spool_write(to, line, size);
    if (open_writer.spool == NULL)
        pv_spool_writer_rest(to);
    return result == PV_SPOOL_OK;
}

static void wait_for(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void lines_of_many_processes_are_whole_and_there_once(void **state)
{
    enum { LINES = 5000 };
    struct pv_spool *large = open_spool(16 * PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF);
    int begin[WRITERS] = {0}, end[WRITERS];
    pid_t children[WRITERS];
    char *text;

    (void)state;
    for (int writer = 0; writer < WRITERS; writer++) {
        end[writer] = LINES;
        children[writer] = fork();
        if (children[writer] == 0) {
            struct pv_spool_writer to = {.spool = large};

            for (int i = 0; i < LINES; i++)
                if (!append_numbered(&to, writer, i, (size_t)(16 + i % 9)))
                    _exit(1);
            _exit(0);
        }
    }
    for (int writer = 0; writer < WRITERS; writer++)
        wait_for(children[writer]);
    assert_true(look().newest > 10);
    text = read_all();
    expect_lines(text, begin, end);
    for (int writer = 0; writer < WRITERS; writer++)
        assert_int_equal(begin[writer], LINES);
    free(text);
    pv_spool_close(large);
}

static void *append_as_thread(void *writer)
{
    struct pv_spool_writer to = {.spool = spool};

    for (int i = 0; i < 300; i++)
        if (!append_numbered(&to, *(int *)writer, i, 20))
            return writer;
    pv_spool_writer_rest(&to);
    return NULL;
}

static void lines_of_many_threads_are_whole_and_there_once(void **state)
{
    int begin[WRITERS] = {0}, end[WRITERS], numbers[WRITERS];
    pthread_t threads[WRITERS];
    char *text;

    (void)state;
    for (int writer = 0; writer < WRITERS; writer++) {
        numbers[writer] = writer;
        end[writer] = 300;
        assert_int_equal(pthread_create(&threads[writer], NULL, append_as_thread, &numbers[writer]),
                         0);
    }
    for (int writer = 0; writer < WRITERS; writer++) {
        void *failed;

        assert_int_equal(pthread_join(threads[writer], &failed), 0);
        assert_null(failed);
    }
    text = read_all();
    expect_lines(text, begin, end);
    free(text);
}

static void *append_once(void *nothing)
{
    return append("second\n") == PV_SPOOL_OK ? nothing : spool;
}

/* Both saw that there is no segment yet. */
static void first_segment_is_not_made_twice(void **state)
{
    struct stat locked;
    pthread_t writer;
    void *failed;
    int file;

    (void)state;
    assert_int_equal(fstat(directory_fd, &locked), 0);
    assert_int_equal(flock(directory_fd, LOCK_EX), 0);
    assert_int_equal(pthread_create(&writer, NULL, append_once, NULL), 0);
    while (!is_waited_for(locked.st_ino))
        ;
    file = openat(directory_fd, "000000000001.ndjson", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(file, "first\n", 6), 6);
    close(file);
    assert_int_equal(flock(directory_fd, LOCK_UN), 0);
    assert_int_equal(pthread_join(writer, &failed), 0);
    assert_null(failed);
    expect_all("first\nsecond\n");
}

/* It has the segment, locked, that another thread is just writing to. */
static void forked_process_holds_no_lock(void **state)
{
    pid_t child = 0;

    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    forked_meanwhile = &child;
    assert_int_equal(append("x\n"), PV_SPOOL_OK); /* asks, with the lock, for a next segment */
    assert_true(child > 0);
    alarm(60);
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    alarm(0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

enum { DRAINED_LINES = 400, DRAINED_SIZE = 700 };

/* Appends, and again when the spool is full. */
static void append_with_patience(int writer, pid_t parent)
{
    struct pv_spool_writer to = {.spool = spool};

    for (int i = 0; i < DRAINED_LINES;) {
        if (append_numbered(&to, writer, i, DRAINED_SIZE))
            i++;
        else if (errno != ENOSPC || getppid() != parent)
            _exit(1);
    }
    _exit(0);
}

/* Removes the oldest segment, if that may be done, and looks at its lines. */
static void drain_oldest(struct pv_spool_range range, int begin[WRITERS], const int end[WRITERS])
{
    int64_t size = file_of(range.oldest).st_size;
    char *text = calloc(1, (size_t)size + 1);
    int file = open_file(range.oldest, O_RDONLY);

    assert_non_null(text);
    assert_int_equal(read(file, text, (size_t)size), size);
    close(file);
    if (pv_spool_remove(directory_fd, range.oldest, size, &error) == PV_OK)
        expect_lines(text, begin, end);
    free(text);
}

static int reap(pid_t children[WRITERS])
{
    int running = 0;

    for (int writer = 0; writer < WRITERS; writer++) {
        int status;

        if (children[writer] == 0)
            continue;
        if (waitpid(children[writer], &status, WNOHANG) == 0) {
            running++;
            continue;
        }
        children[writer] = 0;
        assert_int_equal(status, 0);
    }
    return running;
}

/* Children append to a spool that is full most of the time, while this one removes what it can. */
static void bound_and_order_hold_for_many_writers_while_segments_are_removed(void **state)
{
    int begin[WRITERS] = {0}, end[WRITERS] = {0}, running = WRITERS;
    pid_t children[WRITERS], parent = getpid();
    struct pv_spool_range range;
    char *text;

    (void)state;
    for (int writer = 0; writer < WRITERS; writer++) {
        children[writer] = fork();
        if (children[writer] == 0)
            append_with_patience(writer, parent);
    }
    do {
        running = reap(children);
        range = look();
        assert_true(range.bytes <= PV_SPOOL_MAX_LEAST);
        if (range.oldest < range.newest)
            drain_oldest(range, begin, end);
    } while (running > 0);
    for (int writer = 0; writer < WRITERS; writer++)
        end[writer] = DRAINED_LINES;
    text = read_all();
    expect_lines(text, begin, end);
    free(text);
}

/* Tells the number of each line that the spool has taken. */
static void append_until_killed(struct pv_spool *to, int writer, int from, int told)
{
    struct pv_spool_writer appends = {.spool = to};

    for (int i = from;; i++) {
        if (!append_numbered(&appends, writer, i, 6000) || write(told, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

/* Of each writer, the lines that it knew to be there, and at most one more that it did not get to
 * know of; it may be torn. */
static void killed_writers_leave_no_lock_and_all_that_they_were_told_is_there(void **state)
{
    enum { ROUNDS = 60 };
    struct pv_spool *large = open_spool(INT64_C(1) << 30, PV_SPOOL_SYNC_OFF);
    int known[ROUNDS], seen[ROUNDS] = {0}, torn = 0;
    char *text, *save;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int told[2], last;
        pid_t child;

        assert_int_equal(pipe(told), 0);
        child = fork();
        if (child == 0)
            append_until_killed(large, round, 0, told[1]);
        close(told[1]);
        assert_int_equal(read(told[0], &last, sizeof last), sizeof last);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        known[round] = 1;
        while (read(told[0], &last, sizeof last) == sizeof last)
            known[round] = last + 1;
        close(told[0]);
        assert_int_equal(pv_spool_append(large, "\n", 1), PV_SPOOL_OK);
    }
    text = read_all();
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char *end_of_round;
        long round = strtol(line, &end_of_round, 10), number = strtol(end_of_round, NULL, 10);

        if (strlen(line) != 5999) {
            torn++;
            continue;
        }
        assert_in_range(round, 0, ROUNDS - 1);
        assert_int_equal(number, seen[round]++);
    }
    for (int round = 0; round < ROUNDS; round++)
        assert_in_range(seen[round], known[round], known[round] + 1);
    assert_true(torn <= ROUNDS);
    free(text);
    pv_spool_close(large);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, make_spool, drop_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(first_segment_is_not_made_twice),
        SPOOL_TEST(forked_process_holds_no_lock),
        SPOOL_TEST(lines_of_many_processes_are_whole_and_there_once),
        SPOOL_TEST(lines_of_many_threads_are_whole_and_there_once),
        SPOOL_TEST(bound_and_order_hold_for_many_writers_while_segments_are_removed),
        SPOOL_TEST(killed_writers_leave_no_lock_and_all_that_they_were_told_is_there),
        KEPT_TEST(lines_of_many_processes_are_whole_and_there_once, make_spool),
        KEPT_TEST(lines_of_many_threads_are_whole_and_there_once, make_spool),
        KEPT_TEST(bound_and_order_hold_for_many_writers_while_segments_are_removed, make_spool),
        KEPT_TEST(killed_writers_leave_no_lock_and_all_that_they_were_told_is_there, make_spool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
