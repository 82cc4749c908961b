#include "producer/log_paths.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

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

static enum pv_status list_matches(const char *pattern,
                                   enum pv_status (*found)(void *context, const char *path,
                                                           struct pv_error *error),
                                   void *context, struct pv_error *error)
{
    glob_t matches;
    int failure = glob(pattern, 0, NULL, &matches);
    enum pv_status status = PV_OK;

    if (failure == GLOB_NOMATCH)
        return PV_OK;
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
