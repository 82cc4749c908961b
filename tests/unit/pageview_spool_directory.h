/* A spool in a directory of its own, and what is on disk of it. */
#ifndef PAGEVIEW_SPOOL_DIRECTORY_H
#define PAGEVIEW_SPOOL_DIRECTORY_H

#include "test_pageview_support.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "dashboard_files.h"
#include "pageview/spool.h"

enum { LINE_MAX_SIZE = 8192 };

#define LEAST_SEGMENT (PV_SPOOL_MAX_LEAST / 16)

static char base[TEST_PATH_SIZE], directory[TEST_PATH_SIZE];
static int directory_fd;
static struct pv_spool *spool;
static struct pv_error error;
static struct pv_spool_writer open_writer; /* in KEPT_TESTs; else it has no spool */

/* A test of appends again, with a segment that stays open between them. */
#define KEPT_TEST(name, set_up)                                                                    \
    {                                                                                              \
        "segment stays open: " #name, name, set_up, drop_spool, &open_writer                       \
    }

static inline struct pv_spool *open_spool(int64_t max_bytes, enum pv_spool_sync sync)
{
    struct pv_spool *opened;

    if (pv_spool_open(directory, max_bytes, sync, &opened, &error) != PV_OK)
        fail_msg("%s", error.text);
    return opened;
}

static inline void allow_large_files(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline int make_spool(void **state)
{
    allow_large_files();
    make_directory(base);
    join_path(directory, base, "var/spool");
    spool = open_spool(PV_SPOOL_MAX_LEAST, PV_SPOOL_SYNC_OFF);
    open_writer = (struct pv_spool_writer){.spool = *state == &open_writer ? spool : NULL};
    directory_fd = open(directory, O_RDONLY | O_DIRECTORY);
    return directory_fd >= 0 ? 0 : -1;
}

static inline int drop_spool(void **state)
{
    (void)state;
    pv_spool_writer_rest(&open_writer);
    pv_spool_close(spool);
    close(directory_fd);
    remove_directory(base);
    return 0;
}

/* ---- What is on disk ---- */

static inline struct pv_spool_range look(void)
{
    struct pv_spool_range range;

    if (pv_spool_look(directory_fd, &range, &error) != PV_OK)
        fail_msg("%s", error.text);
    return range;
}

static inline int open_file(pv_spool_segment segment, int flags)
{
    char name[PV_SPOOL_NAME_SIZE];
    int file;

    pv_spool_segment_name(segment, name);
    file = openat(directory_fd, name, flags);
    assert_true(file >= 0);
    return file;
}

static inline struct stat file_of(pv_spool_segment segment)
{
    struct stat found;
    int file = open_file(segment, O_RDONLY);

    assert_int_equal(fstat(file, &found), 0);
    close(file);
    return found;
}

/* All bytes of all segments; the caller frees them. They end with a NUL. */
static inline char *read_all(void)
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

static inline void expect_all(const char *expected)
{
    char *text = read_all();

    assert_string_equal(text, expected);
    free(text);
}

static inline enum pv_spool_result append(const char *lines)
{
    return open_writer.spool != NULL ? pv_spool_write(&open_writer, lines, strlen(lines))
                                     : pv_spool_append(spool, lines, strlen(lines));
}

/* A line of `size` bytes, its line feed included. */
static inline const char *line_of(size_t size)
{
    static char line[2 * LINE_MAX_SIZE];

    memset(line, 'x', size);
    line[size - 1] = '\n';
    line[size] = '\0';
    return line;
}

static inline void fill(void)
{
    for (int i = 0; i < 1000; i++)
        if (append(line_of(1000)) != PV_SPOOL_OK)
            return;
    fail_msg("the spool is never full");
}

/* True when somebody waits for the lock of a file. */
static inline bool is_waited_for(ino_t inode)
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

#endif
