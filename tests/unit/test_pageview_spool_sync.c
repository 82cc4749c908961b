/* What is on the disk, and what a reader may rely on. */
#define _DEFAULT_SOURCE /* flock */
#include "pageview_spool_directory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/syscall.h>

/* In the place of libc's: the spool's calls come here. */
static int syncs;
static bool sync_fails;
static ino_t synced_inode;
static void (*on_unlock)(void); /* called once, as by another thread */

int fdatasync(int file)
{
    struct stat info;

    assert_int_equal(fstat(file, &info), 0);
    synced_inode = info.st_ino;
    syncs++;
    if (sync_fails)
        errno = EIO;
    return sync_fails ? -1 : fsync(file);
}

int flock(int file, int operation)
{
    void (*unlocked)(void) = on_unlock;
    long result = syscall(SYS_flock, file, operation);

    if (operation == LOCK_UN && unlocked != NULL) {
        on_unlock = NULL;
        unlocked();
    }
    return (int)result;
}

static int set_up(void **state)
{
    sync_fails = false;
    return make_spool(state);
}

/* ---- Sync ---- */

static int syncs_of_appends(struct pv_spool *synced, int appends)
{
    int before = syncs;

    for (int i = 0; i < appends; i++)
        assert_int_equal(pv_spool_append(synced, "x\n", 2), PV_SPOOL_OK);
    return syncs - before;
}

static void each_append_is_synced_or_none_is(void **state)
{
    struct pv_spool *each = open_spool(0, PV_SPOOL_SYNC_EACH);

    (void)state;
    assert_int_equal(syncs_of_appends(each, 100), 100);
    assert_int_equal(syncs_of_appends(spool, 100), 0);
    pv_spool_close(each);
}

static void appends_are_synced_together_and_the_last_ones_at_the_end(void **state)
{
    struct pv_spool *synced = open_spool(0, PV_SPOOL_SYNC_100MS);
    int before;

    (void)state;
    assert_int_equal(syncs_of_appends(synced, 1), 1);
    before = syncs;
    assert_in_range(syncs_of_appends(synced, 1000), 0, 500);
    for (int i = 0; syncs == before && i < 10000000; i++)
        assert_int_equal(pv_spool_append(synced, line_of(2), 2), PV_SPOOL_OK);
    assert_true(syncs > before);
    while (syncs_of_appends(synced, 1) > 0)
        ;
    before = syncs;
    pv_spool_sync_now(synced);
    pv_spool_sync_now(synced); /* nothing is left for it */
    assert_int_equal(syncs, before + 1);
    while (syncs_of_appends(synced, 1) > 0)
        ;
    before = syncs;
    while (syncs == before)
        pv_spool_sync_if_due(synced);
    while (syncs_of_appends(synced, 1) > 0)
        ;
    before = syncs;
    pv_spool_close(synced);
    assert_int_equal(syncs, before + 1);
}

static void finished_segment_is_synced_before_the_next_is_begun(void **state)
{
    struct pv_spool *synced = open_spool(0, PV_SPOOL_SYNC_100MS);
    int before;

    (void)state;
    assert_int_equal(syncs_of_appends(synced, 1), 1);
    before = syncs;
    for (int i = 0; i < 10; i++)
        assert_int_equal(pv_spool_append(synced, line_of(4000), 4000), PV_SPOOL_OK);
    assert_true(look().newest >= 10);
    assert_true(syncs >= before + 9);
    pv_spool_close(synced);
}

static struct pv_spool *shared;

static void begin_segment_2(void)
{
    while (look().newest < 2)
        assert_int_equal(pv_spool_append(shared, line_of(1000), 1000), PV_SPOOL_OK);
}

/* Both threads leave their lines to the timer. */
static void begun_segment_is_synced_though_an_append_to_the_one_before_ends_later(void **state)
{
    (void)state;
    shared = open_spool(0, PV_SPOOL_SYNC_100MS);
    assert_int_equal(syncs_of_appends(shared, 1), 1);
    synced_inode = 0;
    on_unlock = begin_segment_2;
    assert_int_equal(pv_spool_append(shared, "x\n", 2), PV_SPOOL_OK);
    assert_int_equal(look().newest, 2);
    pv_spool_sync_now(shared);
    assert_int_equal(synced_inode, file_of(2).st_ino);
    pv_spool_close(shared);
}

static void disk_that_does_not_sync_is_said(void **state)
{
    struct pv_spool *each = open_spool(0, PV_SPOOL_SYNC_EACH);

    (void)state;
    sync_fails = true;
    assert_int_equal(pv_spool_append(each, "x\n", 2), PV_SPOOL_FAILED);
    assert_int_equal(errno, EIO);
    sync_fails = false;
    assert_int_equal(pv_spool_append(each, "x\n", 2), PV_SPOOL_OK);
    pv_spool_close(each);
}

/* ---- For a reader ---- */

static _Atomic int64_t settled; /* 0: not yet */

static void *settle_as_thread(void *nothing)
{
    int file = open_file(1, O_RDONLY);
    int64_t size;

    atomic_store(&settled, pv_spool_settle(file, &size) ? size : -1);
    close(file);
    return nothing;
}

/* A writer has written a part, and has not taken it back yet. */
static void reader_does_not_see_what_a_writer_may_take_back(void **state)
{
    pthread_t reader;
    int file, before;

    (void)state;
    assert_int_equal(append("whole\n"), PV_SPOOL_OK);
    file = open_file(1, O_RDWR | O_APPEND);
    assert_int_equal(flock(file, LOCK_EX), 0);
    assert_int_equal(write(file, "part\npart", 9), 9);
    before = syncs;
    assert_int_equal(pthread_create(&reader, NULL, settle_as_thread, NULL), 0);
    while (!is_waited_for(file_of(1).st_ino) && atomic_load(&settled) == 0)
        ;
    assert_int_equal(atomic_load(&settled), 0);
    assert_int_equal(ftruncate(file, 6), 0);
    close(file);
    assert_int_equal(pthread_join(reader, NULL), 0);
    assert_int_equal(atomic_load(&settled), 6);
    assert_int_equal(syncs, before + 1);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, drop_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(each_append_is_synced_or_none_is),
        SPOOL_TEST(appends_are_synced_together_and_the_last_ones_at_the_end),
        SPOOL_TEST(finished_segment_is_synced_before_the_next_is_begun),
        SPOOL_TEST(begun_segment_is_synced_though_an_append_to_the_one_before_ends_later),
        SPOOL_TEST(disk_that_does_not_sync_is_said),
        SPOOL_TEST(reader_does_not_see_what_a_writer_may_take_back),
        KEPT_TEST(each_append_is_synced_or_none_is, set_up),
        KEPT_TEST(appends_are_synced_together_and_the_last_ones_at_the_end, set_up),
        KEPT_TEST(finished_segment_is_synced_before_the_next_is_begun, set_up),
        KEPT_TEST(disk_that_does_not_sync_is_said, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
