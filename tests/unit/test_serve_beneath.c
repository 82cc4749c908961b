#include "test_pageview_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/serve/beneath.h"

/* "base/out" is the directory; "base/secret" is what must not be read. */
struct place {
    char base[64];
    int base_fd, fd;
};

static void write_file(int directory, const char *path, const char *text)
{
    int fd = openat(directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    snprintf(place->base, sizeof place->base, "/tmp/pv-beneath-XXXXXX");
    assert_non_null(mkdtemp(place->base));
    place->base_fd = open(place->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file(place->base_fd, "secret", "secret");
    assert_int_equal(mkdirat(place->base_fd, "out", 0700), 0);
    place->fd = openat(place->base_fd, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(place->fd, "sub", 0700), 0);
    write_file(place->fd, "a", "a");
    write_file(place->fd, "sub/b", "b");
    assert_int_equal(symlinkat("../secret", place->fd, "link"), 0);
    assert_int_equal(symlinkat("a", place->fd, "link-inside"), 0);
    assert_int_equal(symlinkat("..", place->fd, "up"), 0);
    assert_int_equal(symlinkat("sub", place->fd, "sub-link"), 0);
    assert_int_equal(mkfifoat(place->fd, "fifo", 0600), 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"out/sub/b", "out/a",        "out/link", "out/link-inside",
                                        "out/up",    "out/sub-link", "out/fifo", "secret"};
    struct place *place = *state;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlinkat(place->base_fd, files[i], 0);
    unlinkat(place->base_fd, "out/sub", AT_REMOVEDIR);
    unlinkat(place->base_fd, "out", AT_REMOVEDIR);
    close(place->fd);
    close(place->base_fd);
    assert_int_equal(rmdir(place->base), 0);
    free(place);
    return 0;
}

typedef int opener(int directory, const char *path);

static void assert_content(opener *open_beneath, const struct place *place, const char *path,
                           const char *text)
{
    char found[16] = "";
    int fd = open_beneath(place->fd, path);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, found, sizeof found - 1), strlen(text));
    assert_string_equal(found, text);
    close(fd);
}

static void assert_refused(opener *open_beneath, const struct place *place, const char *path)
{
    int fd = open_beneath(place->fd, path);

    if (fd >= 0)
        fail_msg("opened %s", path);
    assert_true(errno == ENOENT || errno == ELOOP || errno == EXDEV || errno == ENOTDIR ||
                errno == ENAMETOOLONG);
}

static void opens_files_below(opener *open_beneath, const struct place *place)
{
    assert_content(open_beneath, place, "a", "a");
    assert_content(open_beneath, place, "sub/b", "b");
}

static void opens_nothing_else(opener *open_beneath, const struct place *place)
{
    static const char *const paths[] = {
        "",
        "..",
        "../secret",
        "sub/../../secret",
        "/etc/passwd",
        "link",
        "link-inside",
        "up",
        "up/secret",
        "sub-link/b",
        "a/b",
        "missing",
        "sub/none",
        "a/",
    };
    char path[3000];

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_refused(open_beneath, place, paths[i]);
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_refused(open_beneath, place, path);
}

static void file_below_is_opened(void **state)
{
    opens_files_below(pv_beneath_open, *state);
}

static void file_below_is_opened_without_openat2(void **state)
{
    opens_files_below(pv_beneath_walk, *state);
}

static void nothing_else_is_opened(void **state)
{
    opens_nothing_else(pv_beneath_open, *state);
}

static void nothing_else_is_opened_without_openat2(void **state)
{
    opens_nothing_else(pv_beneath_walk, *state);
}

static void fifo_does_not_hold_up(void **state)
{
    const struct place *place = *state;
    int fd = pv_beneath_open(place->fd, "fifo");
    int walked = pv_beneath_walk(place->fd, "fifo");

    assert_true(fd >= 0 && walked >= 0);
    close(fd);
    close(walked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(file_below_is_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_below_is_opened_without_openat2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_is_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_is_opened_without_openat2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fifo_does_not_hold_up, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
