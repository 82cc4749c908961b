/* A spool stays within its bound, gives segments back, and never gives a number twice. */
#define _DEFAULT_SOURCE /* flock */
#include "pageview_spool_directory.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>

/* In the place of libc's: the spool's calls come here. */
static bool files_are_gone;

int fstatat(int at, const char *restrict name, struct stat *restrict found, int flags)
{
    if (files_are_gone)
        errno = ENOENT;
    return files_are_gone ? -1 : (int)syscall(SYS_newfstatat, at, name, found, flags);
}

/* The same, where off_t has 64 bits by definition. */
int fstatat64(int at, const char *restrict name, void *restrict found, int flags);

int fstatat64(int at, const char *restrict name, void *restrict found, int flags)
{
    return fstatat(at, name, found, flags);
}

static int set_up(void **state)
{
    files_are_gone = false;
    return make_spool(state);
}

/* ---- The bound ---- */

static void bound_is_never_exceeded_and_full_is_said(void **state)
{
    (void)state;
    fill();
    assert_true(look().bytes <= PV_SPOOL_MAX_LEAST);
    assert_true(look().bytes > PV_SPOOL_MAX_LEAST * 3 / 4);
    errno = 0;
    assert_int_equal(append(line_of(1000)), PV_SPOOL_FULL);
    assert_int_equal(errno, ENOSPC);
}

static void refused_lines_are_nowhere_in_the_spool(void **state)
{
    int64_t bytes;

    (void)state;
    fill();
    bytes = look().bytes;
    assert_int_equal(append("refused\n"), PV_SPOOL_FULL);
    assert_int_equal(look().bytes, bytes);
}

static void full_spool_takes_lines_again_once_a_segment_is_removed(void **state)
{
    (void)state;
    fill();
    assert_int_equal(pv_spool_remove(directory_fd, 1, file_of(1).st_size, &error), PV_OK);
    assert_int_equal(append(line_of(1000)), PV_SPOOL_OK);
    fill();
    assert_true(look().bytes <= PV_SPOOL_MAX_LEAST);
}

static void bound_is_kept_for_writers_that_give_none(void **state)
{
    struct pv_spool *other = open_spool(0, PV_SPOOL_SYNC_OFF);

    (void)state;
    fill();
    assert_int_equal(pv_spool_append(other, line_of(1000), 1000), PV_SPOOL_FULL);
    pv_spool_close(other);
    other = open_spool(2 * PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF);
    assert_int_equal(pv_spool_append(other, line_of(1000), 1000), PV_SPOOL_OK);
    pv_spool_close(other);
    other = open_spool(0, PV_SPOOL_SYNC_OFF);
    for (int i = 0; i < 40; i++)
        assert_int_equal(pv_spool_append(other, line_of(1000), 1000), PV_SPOOL_OK);
    pv_spool_close(other);
}

static void lower_bound_lets_a_large_spool_be_drained_and_used(void **state)
{
    struct pv_spool *larger = open_spool(16 * PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF), *smaller;

    (void)state;
    for (int i = 0; i < 64; i++)
        assert_int_equal(pv_spool_append(larger, line_of(1000), 1000), PV_SPOOL_OK);
    pv_spool_close(larger);
    assert_int_equal(look().newest, 1);
    smaller = open_spool(PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF);
    assert_int_equal(pv_spool_append(smaller, line_of(5000), 5000), PV_SPOOL_FULL);
    assert_int_equal(pv_spool_remove(directory_fd, 1, 64000, &error), PV_OK);
    assert_int_equal(pv_spool_append(smaller, line_of(5000), 5000), PV_SPOOL_OK);
    pv_spool_close(smaller);
}

static void bound_that_is_too_small_is_refused(void **state)
{
    struct pv_spool *other;

    (void)state;
    assert_int_equal(
        pv_spool_open(directory, PV_SPOOL_MAX_LEAST - 1, PV_SPOOL_SYNC_OFF, &other, &error),
        PV_INVALID);
    assert_contains(error.text, "65536");
    assert_contains(error.text, directory);
    assert_null(other);
}

static void what_is_no_directory_is_refused(void **state)
{
    struct pv_spool *other;
    char path[TEST_PATH_SIZE];

    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    join_path(path, directory, "000000000001.ndjson/spool");
    assert_int_equal(pv_spool_open(path, 0, PV_SPOOL_SYNC_OFF, &other, &error), PV_INVALID);
    assert_contains(error.text, path);
    assert_int_equal(pv_spool_open("", 0, PV_SPOOL_SYNC_OFF, &other, &error), PV_INVALID);
}

static void directory_that_is_gone_is_said(void **state)
{
    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    remove_directory(base);
    assert_int_equal(append("x\n"), PV_SPOOL_FAILED);
    assert_int_equal(errno, ENOENT);
}

/* The file may grow to 2,000 bytes: of a larger write the kernel takes a part, as a full disk does.
 */
static void write_that_is_cut_short_leaves_nothing(void **state)
{
    struct rlimit small;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &small), 0);
    small.rlim_cur = 2000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(append(line_of(1500)), PV_SPOOL_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(append(line_of(1500)), PV_SPOOL_FULL);
    assert_int_equal(append(line_of(500)), PV_SPOOL_OK);
    assert_int_equal(append(line_of(10)), PV_SPOOL_FULL);
    allow_large_files();
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(file_of(1).st_size, 2000);
    assert_int_equal(append(line_of(1500)), PV_SPOOL_OK);
    assert_int_equal(file_of(1).st_size, 3500);
}

/* ---- Removal ---- */

static void only_a_finished_segment_of_the_size_that_was_read_is_removed(void **state)
{
    static const struct {
        pv_spool_segment segment;
        int64_t size;
        const char *why;
    } kept[] = {
        {1, 3999, "size"},
        {2, 4000, "older"},
        {3, 4000, "newest"},
    };

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(append(line_of(4000)), PV_SPOOL_OK);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        assert_int_equal(pv_spool_remove(directory_fd, kept[i].segment, kept[i].size, &error),
                         PV_UNAVAILABLE);
        assert_contains(error.text, kept[i].why);
    }
    assert_int_equal(look().oldest, 1);
    assert_int_equal(pv_spool_remove(directory_fd, 1, 4000, &error), PV_OK);
    assert_int_equal(pv_spool_remove(directory_fd, 2, 4000, &error), PV_OK);
    assert_int_equal(pv_spool_remove(directory_fd, 2, 4000, &error), PV_OK); /* not there */
    assert_int_equal(pv_spool_remove(directory_fd, 3, 4000, &error), PV_UNAVAILABLE);
}

static void segment_is_not_removed_while_a_writer_has_its_lock(void **state)
{
    int file;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(append(line_of(4000)), PV_SPOOL_OK);
    file = open_file(1, O_RDWR);
    assert_int_equal(flock(file, LOCK_EX), 0);
    assert_int_equal(pv_spool_remove(directory_fd, 1, 4000, &error), PV_UNAVAILABLE);
    assert_contains(error.text, "000000000001.ndjson");
    close(file);
    assert_int_equal(pv_spool_remove(directory_fd, 1, 4000, &error), PV_OK);
}

static void numbers_go_on_when_all_that_can_be_removed_is_gone(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pv_spool *fresh = open_spool(0, PV_SPOOL_SYNC_OFF);
        pv_spool_segment newest;

        assert_int_equal(pv_spool_append(fresh, line_of(4000), 4000), PV_SPOOL_OK);
        pv_spool_close(fresh);
        newest = look().newest;
        assert_int_equal(newest, i + 1);
        if (newest > 1)
            assert_int_equal(pv_spool_remove(directory_fd, newest - 1, 4000, &error), PV_OK);
    }
}

static void numbers_go_on_when_somebody_emptied_the_directory(void **state)
{
    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    assert_int_equal(unlinkat(directory_fd, "000000000001.ndjson", 0), 0);
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    assert_int_equal(look().newest, 2);
}

/* As when each is removed and another is made between the reading of the directory and the look at
 * the file. Were the number not known, it would be given again. */
static void segment_that_is_removed_during_a_look_has_a_number(void **state)
{
    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    files_are_gone = true;
    assert_int_equal(look().newest, 1);
    files_are_gone = false;
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, drop_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(bound_is_never_exceeded_and_full_is_said),
        SPOOL_TEST(refused_lines_are_nowhere_in_the_spool),
        SPOOL_TEST(full_spool_takes_lines_again_once_a_segment_is_removed),
        SPOOL_TEST(bound_is_kept_for_writers_that_give_none),
        SPOOL_TEST(lower_bound_lets_a_large_spool_be_drained_and_used),
        SPOOL_TEST(bound_that_is_too_small_is_refused),
        SPOOL_TEST(what_is_no_directory_is_refused),
        SPOOL_TEST(directory_that_is_gone_is_said),
        SPOOL_TEST(write_that_is_cut_short_leaves_nothing),
        SPOOL_TEST(only_a_finished_segment_of_the_size_that_was_read_is_removed),
        SPOOL_TEST(segment_is_not_removed_while_a_writer_has_its_lock),
        SPOOL_TEST(numbers_go_on_when_all_that_can_be_removed_is_gone),
        SPOOL_TEST(numbers_go_on_when_somebody_emptied_the_directory),
        SPOOL_TEST(segment_that_is_removed_during_a_look_has_a_number),
        KEPT_TEST(bound_is_never_exceeded_and_full_is_said, set_up),
        KEPT_TEST(refused_lines_are_nowhere_in_the_spool, set_up),
        KEPT_TEST(full_spool_takes_lines_again_once_a_segment_is_removed, set_up),
        KEPT_TEST(lower_bound_lets_a_large_spool_be_drained_and_used, set_up),
        KEPT_TEST(directory_that_is_gone_is_said, set_up),
        KEPT_TEST(write_that_is_cut_short_leaves_nothing, set_up),
        KEPT_TEST(only_a_finished_segment_of_the_size_that_was_read_is_removed, set_up),
        KEPT_TEST(segment_is_not_removed_while_a_writer_has_its_lock, set_up),
        KEPT_TEST(numbers_go_on_when_all_that_can_be_removed_is_gone, set_up),
        KEPT_TEST(numbers_go_on_when_somebody_emptied_the_directory, set_up),
        KEPT_TEST(segment_that_is_removed_during_a_look_has_a_number, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
