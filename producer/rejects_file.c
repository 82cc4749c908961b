#include "producer/rejects_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pageview/log.h"

void pv_rejects_file_add(const char *path, const char *data, size_t length, bool ends)
{
    struct iovec parts[2] = {{(void *)data, length}, {(void *)"\n", ends ? 1 : 0}};
    int file;

    if (path == NULL)
        return;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0 || writev(file, parts, 2) != (ssize_t)(length + parts[1].iov_len))
        pv_log(PV_LOG_WARN, "rejects_not_written", PV_TEXT("path", path),
               PV_TEXT("error", strerror(errno)),
               PV_TEXT("advice", "make room on the disk, or let this user write there"));
    if (file >= 0)
        close(file);
}
