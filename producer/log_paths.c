#include "producer/log_paths.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "pageview/log.h"
#include "producer/sources/rotation.h"

bool pv_log_path_is_pattern(const char *tail)
{
    return strpbrk(tail, "*?[") != NULL;
}

/* True for access.log.1 and access-20261124.gz: from some . or - on it is what rotation gives. */
static bool is_rotated(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    for (const char *at = name + 1; name[0] != '\0' && *at != '\0'; at++)
        if (pv_log_suffix_is_rotated(at))
            return true;
    return false;
}

static bool is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int say_unreadable(const char *directory, int failure)
{
    if (failure != ENOENT)
        pv_log(PV_LOG_WARN, "log_unreadable", PV_TEXT("directory", directory),
               PV_TEXT("error", strerror(failure)),
               PV_TEXT("advice", "let this user list the directory"));
    return 0;
}

/* Not where something matches: a directory that is closed to this user may be one that the pattern
 * leads to by chance. */
static void say_why_none(const char *pattern)
{
    glob_t matches;

    if (glob(pattern, 0, say_unreadable, &matches) == 0)
        globfree(&matches);
}

static enum pv_status list_matches(const char *pattern,
                                   enum pv_status (*found)(void *context, const char *path,
                                                           struct pv_error *error),
                                   void *context, struct pv_error *error)
{
    glob_t matches;
    int failure = glob(pattern, 0, NULL, &matches);
    enum pv_status status = PV_OK;

    if (failure == GLOB_NOMATCH) {
        say_why_none(pattern);
        return PV_OK;
    }
    if (failure == GLOB_NOSPACE)
        return pv_error_nomem(error, pattern);
    if (failure != 0)
        return pv_error_set(error, PV_IO, "--tail=%s: cannot read the directory", pattern);
    for (size_t i = 0; i < matches.gl_pathc && status == PV_OK; i++)
        if (!is_rotated(matches.gl_pathv[i]) && is_file(matches.gl_pathv[i]))
            status = found(context, matches.gl_pathv[i], error);
    globfree(&matches);
    return status;
}

enum pv_status pv_log_paths_list(const struct pv_list *tails,
                                 enum pv_status (*found)(void *context, const char *path,
                                                         struct pv_error *error),
                                 void *context, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < tails->count && status == PV_OK; i++)
        if (!pv_log_path_is_pattern(tails->items[i]))
            status = found(context, tails->items[i], error);
    for (size_t i = 0; i < tails->count && status == PV_OK; i++)
        if (pv_log_path_is_pattern(tails->items[i]))
            status = list_matches(tails->items[i], found, context, error);
    return status;
}
