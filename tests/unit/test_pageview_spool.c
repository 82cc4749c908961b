/* What many writers append is there whole and once, within the bound. */
#define _DEFAULT_SOURCE /* flock */
#include "test_pageview_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pageview/spool.h"

enum { LINE_MAX_SIZE = 8192, PATH_MAX_SIZE = 128, WRITERS = 8 };

#define LEAST_SEGMENT (PV_SPOOL_MAX_LEAST / 16)

static char base[64], directory[PATH_MAX_SIZE];
static int directory_fd;
static struct pv_spool *spool;
static struct pv_error error;

/* In the place of libc's: the spool's calls come here. */
static int syncs;
static bool sync_fails, files_are_gone;
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

int fdatasync(int file)
{
    syncs++;
    if (sync_fails)
        errno = EIO;
    return sync_fails ? -1 : fsync(file);
}

static struct pv_spool *open_spool(int64_t max_bytes, enum pv_spool_sync sync)
{
    struct pv_spool *opened;

    if (pv_spool_open(directory, max_bytes, sync, &opened, &error) != PV_OK)
        fail_msg("%s", error.text);
    return opened;
}

static void allow_large_files(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int make_spool(void **state)
{
    (void)state;
    allow_large_files();
    files_are_gone = sync_fails = false;
    strcpy(base, "/tmp/pv-spool-XXXXXX");
    if (mkdtemp(base) == NULL)
        return -1;
    snprintf(directory, sizeof directory, "%s/var/spool", base);
    spool = open_spool(PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF);
    directory_fd = open(directory, O_RDONLY | O_DIRECTORY);
    return directory_fd >= 0 ? 0 : -1;
}

static void remove_tree(const char *path)
{
    DIR *entries = opendir(path);
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char child[PATH_MAX_SIZE + 512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (unlink(child) != 0)
            remove_tree(child);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(path);
}

static int drop_spool(void **state)
{
    (void)state;
    pv_spool_close(spool);
    close(directory_fd);
    remove_tree(base);
    return 0;
}

/* ---- What is on disk ---- */

static struct pv_spool_range look(void)
{
    struct pv_spool_range range;

    if (pv_spool_look(directory_fd, &range, &error) != PV_OK)
        fail_msg("%s", error.text);
    return range;
}

static int open_file(pv_spool_segment segment, int flags)
{
    char name[PV_SPOOL_NAME_SIZE];
    int file;

    pv_spool_segment_name(segment, name);
    file = openat(directory_fd, name, flags);
    assert_true(file >= 0);
    return file;
}

static struct stat file_of(pv_spool_segment segment)
{
    struct stat found;
    int file = open_file(segment, O_RDONLY);

    assert_int_equal(fstat(file, &found), 0);
    close(file);
    return found;
}

/* All bytes of all segments; the caller frees them. They end with a NUL. */
static char *read_all(void)
{
    struct pv_spool_range range = look();
    char *text = calloc(1, (size_t)range.bytes + 1);
    size_t at = 0;

    assert_non_null(text);
    for (pv_spool_segment segment = range.oldest; segment != 0 && segment <= range.newest;
         segment++) {
        int file = open_file(segment, O_RDONLY);
        ssize_t got;

        while ((got = read(file, text + at, (size_t)range.bytes - at)) > 0)
            at += (size_t)got;
        close(file);
    }
    return text;
}

static void expect_all(const char *expected)
{
    char *text = read_all();

    assert_string_equal(text, expected);
    free(text);
}

static enum pv_spool_result append(const char *lines)
{
    return pv_spool_append(spool, lines, strlen(lines));
}

/* A line of `size` bytes, its line feed included. */
static const char *line_of(size_t size)
{
    static char line[2 * LINE_MAX_SIZE];

    memset(line, 'x', size);
    line[size - 1] = '\n';
    line[size] = '\0';
    return line;
}

static void fill(void)
{
    for (int i = 0; i < 1000; i++)
        if (append(line_of(1000)) != PV_SPOOL_OK)
            return;
    fail_msg("the spool is never full");
}

/* ---- Names ---- */

static void names_sort_as_numbers_and_nothing_else_is_a_segment(void **state)
{
    static const char *const others[] = {
        "",
        "bound",
        "1.ndjson",
        "000000000000.ndjson",
        "000000000001",
        "000000000001.ndjson.gz",
        "00000000000x.ndjson",
        "0000000000001.ndjson",
        "99999999999999999999.ndjson",
    };
    char name[PV_SPOOL_NAME_SIZE];

    (void)state;
    pv_spool_segment_name(1, name);
    assert_string_equal(name, "000000000001.ndjson");
    assert_int_equal(pv_spool_segment_parse(name), 1);
    pv_spool_segment_name(1234567890123, name);
    assert_string_equal(name, "1234567890123.ndjson");
    assert_int_equal(pv_spool_segment_parse(name), 1234567890123);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (pv_spool_segment_parse(others[i]) != 0)
            fail_msg("%s is taken for a segment", others[i]);
}

/* ---- Appends ---- */

static void lines_are_appended_in_order(void **state)
{
    struct pv_spool_range range;

    (void)state;
    assert_int_equal(look().newest, 0);
    assert_int_equal(append("{\"a\":1}\n"), PV_SPOOL_OK);
    assert_int_equal(append("{\"b\":2}\n{\"c\":3}\n"), PV_SPOOL_OK);
    expect_all("{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    range = look();
    assert_int_equal(range.oldest, 1);
    assert_int_equal(range.newest, 1);
    assert_int_equal(range.bytes, 24);
    assert_int_equal(file_of(1).st_mode & 07777, 0600);
}

static void only_whole_lines_of_at_most_a_mebibyte_are_taken(void **state)
{
    static char large[1048577];

    (void)state;
    memset(large, '\n', sizeof large);
    errno = 0;
    assert_int_equal(pv_spool_append(spool, "", 0), PV_SPOOL_FAILED);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(append("no end"), PV_SPOOL_FAILED);
    assert_int_equal(pv_spool_append(spool, large, sizeof large), PV_SPOOL_FAILED);
    assert_int_equal(look().newest, 0);
}

static void directory_of_a_group_makes_segments_of_the_group(void **state)
{
    mode_t mask = umask(0077);

    (void)state;
    assert_int_equal(fchmod(directory_fd, 02770), 0);
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    umask(mask);
    assert_int_equal(file_of(1).st_mode & 07777, 0660);
}

static void full_segment_is_followed_by_the_next(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(append(line_of(1023)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 1);
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 2);
    assert_int_equal(file_of(1).st_size, 4 * 1023);
    assert_int_equal(file_of(2).st_size, 10);
    /* There would be room in the first one for this, but it is finished. */
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    assert_int_equal(file_of(1).st_size, 4 * 1023);
}

static void writer_that_was_left_behind_finds_the_newest(void **state)
{
    struct pv_spool *late = open_spool(0, PV_SPOOL_SYNC_OFF);

    (void)state;
    assert_int_equal(pv_spool_append(late, "first\n", 6), PV_SPOOL_OK);
    for (int i = 0; i < 15; i++)
        assert_int_equal(append(line_of(4000)), PV_SPOOL_OK);
    for (pv_spool_segment segment = 1; segment < 5; segment++)
        assert_int_equal(pv_spool_remove(directory_fd, segment, file_of(segment).st_size, &error),
                         PV_OK);
    assert_int_equal(pv_spool_append(late, "last\n", 5), PV_SPOOL_OK);
    assert_int_equal(look().oldest, 5);
    assert_int_equal(file_of(look().newest).st_size, 4005);
    pv_spool_close(late);
}

static void lines_larger_than_a_segment_have_one_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(append(line_of(LEAST_SEGMENT + 100)), PV_SPOOL_OK);
    assert_int_equal(append(line_of(10)), PV_SPOOL_OK);
    assert_int_equal(look().newest, 3);
    assert_int_equal(file_of(2).st_size, LEAST_SEGMENT + 100);
}

static void torn_line_is_closed_by_the_next_writer(void **state)
{
    int file;

    (void)state;
    assert_int_equal(append("{\"a\":1}\n"), PV_SPOOL_OK);
    file = open_file(1, O_WRONLY | O_APPEND);
    assert_int_equal(write(file, "{\"torn", 6), 6);
    close(file);
    assert_int_equal(append("{\"b\":2}\n"), PV_SPOOL_OK);
    assert_int_equal(append("{\"c\":3}\n"), PV_SPOOL_OK);
    expect_all("{\"a\":1}\n{\"torn\n{\"b\":2}\n{\"c\":3}\n");
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
    char path[PATH_MAX_SIZE + 32];

    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    snprintf(path, sizeof path, "%s/000000000001.ndjson/spool", directory);
    assert_int_equal(pv_spool_open(path, 0, PV_SPOOL_SYNC_OFF, &other, &error), PV_INVALID);
    assert_contains(error.text, path);
    assert_int_equal(pv_spool_open("", 0, PV_SPOOL_SYNC_OFF, &other, &error), PV_INVALID);
}

static void directory_that_is_gone_is_said(void **state)
{
    (void)state;
    assert_int_equal(append("x\n"), PV_SPOOL_OK);
    remove_tree(base);
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

/* ---- Many writers ---- */

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

static bool append_numbered(struct pv_spool *to, int writer, int number, size_t size)
{
    char line[LINE_MAX_SIZE];
    size_t at;

    memset(line, 'x', size);
    at = (size_t)snprintf(line, sizeof line, "%d %d ", writer, number);
    line[at] = 'x';
    line[size - 1] = '\n';
    return pv_spool_append(to, line, size) == PV_SPOOL_OK;
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
            for (int i = 0; i < LINES; i++)
                if (!append_numbered(large, writer, i, (size_t)(16 + i % 9)))
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
    for (int i = 0; i < 300; i++)
        if (!append_numbered(spool, *(int *)writer, i, 20))
            return writer;
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

/* True when somebody waits for the lock of a file. */
static bool is_waited_for(ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "r");
    char line[256], name[32];
    bool waits = false;

    assert_non_null(locks);
    snprintf(name, sizeof name, ":%ju ", (uintmax_t)inode);
    while (fgets(line, sizeof line, locks) != NULL)
        waits = waits || (strstr(line, "->") != NULL && strstr(line, name) != NULL);
    (void)fclose(locks);
    return waits;
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
    for (int i = 0; i < DRAINED_LINES;) {
        if (append_numbered(spool, writer, i, DRAINED_SIZE))
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
    for (int i = from;; i++) {
        if (!append_numbered(to, writer, i, 6000) || write(told, &i, sizeof i) != sizeof i)
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

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, make_spool, drop_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_sort_as_numbers_and_nothing_else_is_a_segment),
        SPOOL_TEST(lines_are_appended_in_order),
        SPOOL_TEST(only_whole_lines_of_at_most_a_mebibyte_are_taken),
        SPOOL_TEST(directory_of_a_group_makes_segments_of_the_group),
        SPOOL_TEST(full_segment_is_followed_by_the_next),
        SPOOL_TEST(writer_that_was_left_behind_finds_the_newest),
        SPOOL_TEST(lines_larger_than_a_segment_have_one_of_their_own),
        SPOOL_TEST(torn_line_is_closed_by_the_next_writer),
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
        SPOOL_TEST(first_segment_is_not_made_twice),
        SPOOL_TEST(forked_process_holds_no_lock),
        SPOOL_TEST(lines_of_many_processes_are_whole_and_there_once),
        SPOOL_TEST(lines_of_many_threads_are_whole_and_there_once),
        SPOOL_TEST(bound_and_order_hold_for_many_writers_while_segments_are_removed),
        SPOOL_TEST(killed_writers_leave_no_lock_and_all_that_they_were_told_is_there),
        SPOOL_TEST(each_append_is_synced_or_none_is),
        SPOOL_TEST(appends_are_synced_together_and_the_last_ones_at_the_end),
        SPOOL_TEST(finished_segment_is_synced_before_the_next_is_begun),
        SPOOL_TEST(disk_that_does_not_sync_is_said),
        SPOOL_TEST(reader_does_not_see_what_a_writer_may_take_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
