#include "dashboard-export/io_error.h"

#include <errno.h>
#include <string.h>

const char *pv_io_advice(int why)
{
    switch (why) {
    case ENOSPC:
    case EDQUOT:
        return ": make room there, it is tried again, and the old files stay until then";
    case EROFS:
        return ": mount it writable, or name another --out; the old files stay until then";
    case EACCES:
    case EPERM:
        return ": let the exporter's user write there; it is tried again";
    default:
        return "";
    }
}

enum pv_status pv_io_failed(const struct pv_directory *directory, const char *path,
                            const char *doing, struct pv_error *error)
{
    int why = errno;

    return pv_error_set(error, PV_IO, "%s/%s: cannot %s it: %s%s", directory->path, path, doing,
                        strerror(why), pv_io_advice(why));
}
