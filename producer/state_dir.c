#include "producer/state_dir.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "pageview/log.h"

enum {
    NAME_LENGTH_MAX = NAME_MAX - (sizeof ".position.tmp" - 1),
    NAME_SIZE = NAME_LENGTH_MAX + 4, /* an escaped byte too many, and a NUL */
    PATH_SIZE = PATH_MAX + NAME_MAX + 1,
};

static void name_directory(const char *state_dir, const char *instance, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", state_dir, instance);
}

/* The log's path with %2F for its slashes, so that two logs never share a name; the end of one that
 * is too long is a hash of the whole path. */
static void name_log(const char *log_path, char name[NAME_SIZE])
{
    enum { HASHED_LENGTH = NAME_LENGTH_MAX - 33 };
    size_t at = 0;

    for (const char *from = log_path; *from != '\0' && at <= NAME_LENGTH_MAX; from++) {
        if (*from == '/' || *from == '%')
            at += (size_t)snprintf(name + at, NAME_SIZE - at, "%%%02X", *from);
        else
            name[at++] = *from;
    }
    name[at] = '\0';
    if (at > NAME_LENGTH_MAX) {
        XXH128_hash_t hash = XXH3_128bits(log_path, strlen(log_path));

        snprintf(name + HASHED_LENGTH, NAME_SIZE - HASHED_LENGTH, "%%%016" PRIx64 "%016" PRIx64,
                 hash.high64, hash.low64);
    }
}

static void name_file(const char *state_dir, const char *instance, const char *log_path,
                      char path[PATH_SIZE])
{
    char name[NAME_SIZE];

    name_log(log_path, name);
    snprintf(path, PATH_SIZE, "%s/%s/%s.position", state_dir, instance, name);
}

enum pv_status pv_state_dir_prepare(const char *state_dir, const char *instance,
                                    struct pv_error *error)
{
    char path[PATH_SIZE];

    name_directory(state_dir, instance, path);
    if ((mkdir(state_dir, 0750) != 0 && errno != EEXIST) ||
        (mkdir(path, 0750) != 0 && errno != EEXIST) || access(path, W_OK | X_OK) != 0)
        return pv_error_set(error, PV_INVALID,
                            "--state-dir=%s: cannot write to %s: %s: create it, and let this user "
                            "write there",
                            state_dir, path, strerror(errno));
    return PV_OK;
}

void pv_state_dir_load(const char *state_dir, const char *instance, const char *log_path,
                       char *text, size_t size)
{
    char path[PATH_SIZE];
    FILE *file;

    text[0] = '\0';
    name_file(state_dir, instance, log_path, path);
    file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fgets(text, (int)size, file) == NULL)
        text[0] = '\0';
    (void)fclose(file); /* only read */
    text[strcspn(text, "\n")] = '\0';
}

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool written;

    if (file == NULL)
        return false;
    written = fprintf(file, "%s\n", text) > 0;
    return fclose(file) == 0 && written;
}

void pv_state_dir_save(const char *state_dir, const char *instance, const char *log_path,
                       const char *text)
{
    char path[PATH_SIZE], temporary[PATH_SIZE + 8];

    name_file(state_dir, instance, log_path, path);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (!write_file(temporary, text) || rename(temporary, path) != 0)
        pv_log(PV_LOG_WARN, "position_not_saved", PV_TEXT("path", path),
               PV_TEXT("error", strerror(errno)));
}
