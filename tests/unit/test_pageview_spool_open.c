/* A thread that appends often keeps its segment open: what it promises besides all that an append
 * promises, which the other files try with KEPT_TEST. */
#include "pageview_spool_directory.h"

#include <sys/file.h>

static void segment_that_is_open_is_left_when_others_have_gone_on_or_removed_it(void **state)
{
    char name[PV_SPOOL_NAME_SIZE];

    (void)state;
    assert_int_equal(append("first\n"), PV_SPOOL_OK);
    for (int i = 0; i < 15; i++)
        assert_int_equal(pv_spool_append(spool, line_of(4000), 4000), PV_SPOOL_OK);
    assert_int_equal(append("second\n"), PV_SPOOL_OK);
    for (pv_spool_segment segment = 1; segment < look().newest; segment++)
        assert_int_equal(pv_spool_remove(directory_fd, segment, file_of(segment).st_size, &error),
                         PV_OK);
    assert_int_equal(file_of(look().newest).st_size, 4007);
    pv_spool_segment_name(look().newest, name);
    assert_int_equal(unlinkat(directory_fd, name, 0), 0);
    assert_int_equal(append("third\n"), PV_SPOOL_OK);
    expect_all("third\n");
}

static void line_that_another_tore_is_closed_though_the_segment_is_open(void **state)
{
    int file;

    (void)state;
    assert_int_equal(append("mine\n"), PV_SPOOL_OK);
    file = open_file(1, O_WRONLY | O_APPEND);
    assert_int_equal(write(file, "torn", 4), 4);
    close(file);
    assert_int_equal(append("mine\n"), PV_SPOOL_OK);
    assert_int_equal(append("mine\n"), PV_SPOOL_OK);
    expect_all("mine\ntorn\nmine\nmine\n");
}

static void writers_that_keep_the_segment_open_wait_for_each_other(void **state)
{
    struct pv_spool_writer other = {.spool = spool};
    char *text;

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(append("mine\n"), PV_SPOOL_OK);
        assert_int_equal(pv_spool_write(&other, "other\n", 6), PV_SPOOL_OK);
    }
    text = read_all();
    for (int i = 0; i < 100; i++)
        assert_memory_equal(text + (size_t)i * 11, "mine\nother\n", 11);
    free(text);
    assert_int_equal(flock(other.file, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(flock(open_writer.file, LOCK_EX | LOCK_NB), -1);
    pv_spool_writer_rest(&other);
    assert_int_equal(flock(open_writer.file, LOCK_EX | LOCK_NB), 0);
}

static void writer_that_rests_has_no_segment_open(void **state)
{
    int file;

    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    file = open_writer.file;
    assert_true(fcntl(file, F_GETFD) >= 0);
    pv_spool_writer_rest(&open_writer);
    assert_int_equal(fcntl(file, F_GETFD), -1);
    pv_spool_writer_rest(&open_writer);
    assert_int_equal(append("y\n"), PV_SPOOL_OK);
    expect_all("x\ny\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT_TEST(segment_that_is_open_is_left_when_others_have_gone_on_or_removed_it, make_spool),
        KEPT_TEST(line_that_another_tore_is_closed_though_the_segment_is_open, make_spool),
        KEPT_TEST(writers_that_keep_the_segment_open_wait_for_each_other, make_spool),
        KEPT_TEST(writer_that_rests_has_no_segment_open, make_spool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
