#include "dashboard-export/timezone.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_LENGTH = 64, PATH_SIZE = 512 };

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool looks_like_a_zone(const char *name)
{
    static const char others[] = "0123456789/_-+";
    size_t length = strlen(name);

    if (length == 0 || length > NAME_MAX_LENGTH || !is_letter(name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_letter(name[i]) && strchr(others, name[i]) == NULL)
            return false;
    return true;
}

/* Compiled zones begin with "TZif" (RFC 8536); other files are there too. */
static bool is_zone(const char *path)
{
    char start[4];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is;

    if (fd < 0)
        return false;
    is = read(fd, start, sizeof start) == (ssize_t)sizeof start && memcmp(start, "TZif", 4) == 0;
    close(fd);
    return is;
}

enum pv_status pv_timezone_check(const char *name, const char *database, struct pv_error *error)
{
    char path[PATH_SIZE];

    if (!looks_like_a_zone(name))
        return pv_error_set(error, PV_INVALID,
                            "--timezone=%s: is no name of a time zone: give one like Europe/Berlin",
                            name);
    snprintf(path, sizeof path, "%s/%s", database, name);
    if (access(database, X_OK) == 0 && !is_zone(path))
        return pv_error_set(error, PV_INVALID,
                            "--timezone=%s: %s has no such zone: give a name like Europe/Berlin",
                            name, database);
    return PV_OK;
}
