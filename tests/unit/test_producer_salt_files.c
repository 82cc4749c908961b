/* Salts are kept in files that nobody else reads, and that programs share. */
#include "test_producer_salts.h"

#include <pthread.h>
#include <sys/wait.h>

#define OLD "visitor-salt-2026-11-22"

static struct pv_error refusal(const char *path)
{
    struct pv_salts *salts;
    struct pv_error error;

    assert_int_equal(pv_salts_open(path, &fake_clock, &salts, &error), PV_INVALID);
    return error;
}

static void old_salts_are_destroyed_at_the_start_and_nothing_else(void **state)
{
    (void)state;
    assert_return_code(mkdir(state_dir, 0755), 0);
    put_file(state_dir, OLD, "x", 1);
    put_file(state_dir, "visitor-salt-1999-12-31", "x", 1);
    put_file(state_dir, YESTERDAY, "x", 1);
    put_file(state_dir, "a.position", "x", 1);
    pv_salts_destroy(open_salts());
    assert_false(file_exists(state_dir, OLD));
    assert_false(file_exists(state_dir, "visitor-salt-1999-12-31"));
    assert_true(file_exists(state_dir, YESTERDAY));
    assert_true(file_exists(state_dir, "a.position"));
    assert_true(file_exists(state_dir, TODAYS));
}

static void file_is_for_its_owner_alone(void **state)
{
    mode_t before = umask(0);
    struct stat file;

    (void)state;
    pv_salts_destroy(open_salts());
    umask(before);
    file = file_identity(state_dir, TODAYS);
    assert_int_equal(file.st_mode, S_IFREG | 0600);
    assert_int_equal(file.st_size, PV_SALT_SIZE);
}

static void file_that_is_not_whole_is_replaced(void **state)
{
    static const char bytes[PV_SALT_SIZE + 1];
    static const size_t lengths[] = {0, 1, PV_SALT_SIZE - 1, PV_SALT_SIZE, PV_SALT_SIZE + 1};

    (void)state;
    assert_return_code(mkdir(state_dir, 0755), 0);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct salt salt;

        put_file(state_dir, TODAYS, bytes, lengths[i]);
        salt = salt_after_restart(TODAY);
        assert_memory_not_equal(salt.bytes, bytes, PV_SALT_SIZE);
        assert_int_equal(file_identity(state_dir, TODAYS).st_size, PV_SALT_SIZE);
        assert_same(salt_after_restart(TODAY), salt);
    }
}

static void what_a_killed_program_left_is_no_obstacle(void **state)
{
    (void)state;
    assert_return_code(mkdir(state_dir, 0755), 0);
    put_file(state_dir, "visitor-salt.new", "half", 4);
    assert_same(salt_after_restart(TODAY), salt_after_restart(TODAY));
    assert_false(file_exists(state_dir, "visitor-salt.new"));
}

static void link_in_place_of_a_salt_is_not_followed(void **state)
{
    char path[TEST_PATH_SIZE];

    (void)state;
    assert_return_code(mkdir(state_dir, 0755), 0);
    join_path(path, state_dir, TODAYS);
    assert_return_code(symlink("/etc/passwd", path), 0);
    assert_contains(refusal(state_dir).text, "--state-dir");
}

static void directory_that_cannot_be_used_is_refused_with_its_name(void **state)
{
    char path[TEST_PATH_SIZE];

    (void)state;
    put_file(directory, "file", "", 0);
    join_path(path, directory, "file");
    assert_contains(refusal(path).text, path);
    join_path(path, directory, "no/such");
    assert_contains(refusal(path).text, path);
    /* Whose lock cannot be made: its name is a directory. */
    assert_return_code(mkdir(state_dir, 0755), 0);
    join_path(path, state_dir, "visitor-salt.lock");
    assert_return_code(mkdir(path, 0755), 0);
    assert_contains(refusal(state_dir).text, state_dir);
}

static void day_whose_file_cannot_be_written_has_a_salt_in_memory(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt tomorrow;

    (void)state;
    remove_directory(state_dir);
    now_ms += PV_DAY_MS;
    tomorrow = salt_of(salts, TODAY + 1);
    assert_same(salt_of(salts, TODAY + 1), tomorrow);
    assert_same(salt_of(salts, TODAY + 1), tomorrow);
    pv_salts_destroy(salts);
}

#define PROGRAMS 16

/* Each opens the directory by itself, all at once, and writes what it has for today. */
static void programs_at_once_agree(void **state)
{
    struct salt salts[PROGRAMS];
    int begin[2], answers[2];
    char byte;

    (void)state;
    assert_return_code(mkdir(state_dir, 0755), 0);
    put_file(state_dir, TODAYS, "torn", 4);
    assert_return_code(pipe(begin), 0);
    assert_return_code(pipe(answers), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        pid_t child = fork();

        assert_return_code(child, 0);
        if (child == 0) {
            struct salt salt;

            close(begin[1]);
            if (read(begin[0], &byte, 1) != 0) /* until nobody holds the other end */
                _exit(1);
            salt = salt_after_restart(TODAY);
            _exit(write(answers[1], salt.bytes, PV_SALT_SIZE) != PV_SALT_SIZE);
        }
    }
    close(begin[0]);
    close(begin[1]);
    for (int i = 0; i < PROGRAMS; i++) {
        int status;

        assert_return_code(wait(&status), 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(read(answers[0], salts, sizeof salts), (ssize_t)sizeof salts);
    for (int i = 1; i < PROGRAMS; i++)
        assert_same(salts[i], salts[0]);
    assert_same(salt_after_restart(TODAY), salts[0]);
    close(answers[0]);
    close(answers[1]);
}

#define THREADS 4

struct asker {
    pthread_t thread;
    struct pv_salts *salts;
    struct salt first;
    bool agreed;
};

static void *ask(void *argument)
{
    struct asker *asker = argument;

    asker->agreed = pv_salts_of_day(asker->salts, TODAY - 1, asker->first.bytes);
    for (int i = 0; i < 1000; i++) {
        struct salt salt;

        if (!pv_salts_of_day(asker->salts, TODAY - 1, salt.bytes) ||
            memcmp(salt.bytes, asker->first.bytes, PV_SALT_SIZE) != 0)
            asker->agreed = false;
        pv_salts_expire(asker->salts);
    }
    return NULL;
}

static void threads_agree(void **state)
{
    struct pv_salts *salts = open_salts();
    struct asker askers[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        askers[i].salts = salts;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_true(askers[i].agreed);
        assert_same(askers[i].first, askers[0].first);
    }
    pv_salts_destroy(salts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SALT_TEST(old_salts_are_destroyed_at_the_start_and_nothing_else),
        SALT_TEST(file_is_for_its_owner_alone),
        SALT_TEST(file_that_is_not_whole_is_replaced),
        SALT_TEST(what_a_killed_program_left_is_no_obstacle),
        SALT_TEST(link_in_place_of_a_salt_is_not_followed),
        SALT_TEST(directory_that_cannot_be_used_is_refused_with_its_name),
        SALT_TEST(day_whose_file_cannot_be_written_has_a_salt_in_memory),
        SALT_TEST(programs_at_once_agree),
        SALT_TEST(threads_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
