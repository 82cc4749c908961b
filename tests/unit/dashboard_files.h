/* A private directory for a test, and files in it. Include after test_pageview_support.h. */
#ifndef DASHBOARD_FILES_H
#define DASHBOARD_FILES_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "pageview/buffer.h"

#define TEST_PATH_SIZE 512

static inline void make_directory(char path[TEST_PATH_SIZE])
{
    strcpy(path, "/tmp/pv-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline void join_path(char path[TEST_PATH_SIZE], const char *directory, const char *name)
{
    assert_true(snprintf(path, TEST_PATH_SIZE, "%s/%s", directory, name) < TEST_PATH_SIZE);
}

static inline void put_file(const char *directory, const char *name, const void *data,
                            size_t length)
{
    char path[TEST_PATH_SIZE];
    int fd;

    join_path(path, directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), (ssize_t)length);
    close(fd);
}

/* The whole file with a NUL behind it; the caller cleans up. Fails when it is not there. */
static inline struct pv_buffer get_file(const char *directory, const char *name)
{
    struct pv_buffer text = {0};
    char path[TEST_PATH_SIZE];
    struct stat file;
    int fd;

    join_path(path, directory, name);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        fail_msg("%s is not there", path);
    assert_return_code(fstat(fd, &file), 0);
    assert_non_null(pv_buffer_reserve(&text, (size_t)file.st_size + 1));
    text.length = (size_t)file.st_size;
    assert_int_equal(read(fd, text.data, text.length), file.st_size);
    text.data[text.length] = '\0';
    close(fd);
    return text;
}

static inline void assert_file(const char *directory, const char *name, const char *expected)
{
    struct pv_buffer text = get_file(directory, name);

    assert_string_equal(text.data, expected);
    pv_buffer_clean_up(&text);
}

static inline void assert_file_contains(const char *directory, const char *name, const char *part)
{
    struct pv_buffer text = get_file(directory, name);

    if (strstr(text.data, part) == NULL)
        fail_msg("%s has no %s: %s", name, part, text.data);
    pv_buffer_clean_up(&text);
}

static inline bool file_exists(const char *directory, const char *name)
{
    char path[TEST_PATH_SIZE];

    join_path(path, directory, name);
    return access(path, F_OK) == 0;
}

static inline struct stat file_identity(const char *directory, const char *name)
{
    char path[TEST_PATH_SIZE];
    struct stat file;

    join_path(path, directory, name);
    assert_return_code(stat(path, &file), 0);
    return file;
}

/* The same inode, never written since. */
static inline void assert_untouched(const char *directory, const char *name, struct stat before)
{
    struct stat now = file_identity(directory, name);

    assert_int_equal(now.st_ino, before.st_ino);
    assert_int_equal(now.st_mtim.tv_sec, before.st_mtim.tv_sec);
    assert_int_equal(now.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* Number of entries, hidden ones too. */
static inline size_t count_entries(const char *path)
{
    DIR *stream = opendir(path);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream) != NULL)
        count++;
    closedir(stream);
    return count - 2; /* . and .. */
}

/* With all that is in it, if it is still there. */
static inline void remove_directory(const char *path)
{
    DIR *stream = opendir(path);
    const struct dirent *entry;

    if (stream == NULL)
        return;
    while ((entry = readdir(stream)) != NULL) {
        char below[TEST_PATH_SIZE];
        struct stat file;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        join_path(below, path, entry->d_name);
        assert_return_code(lstat(below, &file), 0);
        if (S_ISDIR(file.st_mode))
            remove_directory(below);
        else
            unlink(below);
    }
    closedir(stream);
    rmdir(path);
}

#endif
