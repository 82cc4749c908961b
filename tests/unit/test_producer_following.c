#define _DEFAULT_SOURCE /* syscall */
#include "test_pageview_support.h"

#include <sys/inotify.h>
#include <sys/syscall.h>

#include "dashboard_files.h"
#include "logged_events.h"
#include "producer/following.h"

static char directory[TEST_PATH_SIZE], spiders[TEST_PATH_SIZE], pattern[TEST_PATH_SIZE];
static struct pv_producer_options options;
static struct pv_following following;
static struct pv_error error;

/* In the place of libc's: what is watched, each behind a line feed. */
static char watched[4096];

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    int watch = (int)syscall(SYS_inotify_add_watch, fd, path, mask);

    if (watch >= 0)
        strcat(strcat(watched, "\n"), path);
    return watch;
}

static void look(void)
{
    watched[0] = '\0';
    if (pv_following_look(&following, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static int set_up(void **state)
{
    static const char *tails[2];
    struct pv_policy_options policy = {.sites = &options.site, .keep_params = &options.keep_param};

    (void)state;
    make_directory(directory);
    put_file(directory, "spiders", "", 0);
    join_path(spiders, directory, "spiders");
    join_path(pattern, directory, "*/access.log");
    tails[0] = pattern;
    options = (struct pv_producer_options){
        .format = "combined", .instance = "web", .state_dir = directory, .tail = {tails, 1}};
    policy.spiders_path = spiders;
    logged[0] = '\0';
    return pv_following_init(&following, &options, &policy, &pv_wall_clock, &error) == PV_OK ? 0
                                                                                             : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pv_following_clean_up(&following);
    remove_directory(directory);
    return 0;
}

static void logs_in_directories_that_come_and_go_are_watched(void **state)
{
    char site[TEST_PATH_SIZE], log[TEST_PATH_SIZE];

    (void)state;
    look();
    assert_string_equal(watched, "");
    join_path(site, directory, "site");
    for (int i = 0; i < 2; i++) {
        assert_return_code(mkdir(site, 0700), 0);
        put_file(site, "access.log", "", 0);
        look();
        assert_int_equal(following.count, 1);
        assert_string_equal(watched + 1, site);
        remove_directory(site);
        look();
        assert_string_equal(watched, "");
    }
    join_path(log, site, "access.log");
    assert_string_equal(following.items[0]->name, log);
    assert_string_equal(logged, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logs_in_directories_that_come_and_go_are_watched, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
