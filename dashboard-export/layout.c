#include "dashboard-export/layout.h"

#include <stdio.h>
#include <string.h>

#include "pageview/utf8.h"

const char *const pv_layout_directories[] = {".", "site", "top/day", "top/hour", NULL};

void pv_layout_top(enum pv_bucket_size size, int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    char name[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(size, time_ms, name);
    snprintf(path, PV_LAYOUT_PATH_SIZE, "top/%s/%s.json", size == PV_BUCKET_HOUR ? "hour" : "day",
             name);
}

void pv_layout_site(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    char name[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(PV_BUCKET_DAY, time_ms, name);
    snprintf(path, PV_LAYOUT_PATH_SIZE, "site/%s.json", name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

bool pv_layout_is_snapshot(const char *name)
{
    return name[0] != '.' && (ends_with(name, ".json") || ends_with(name, ".gz")) &&
           pv_utf8_is_printable(name, strlen(name));
}

void pv_layout_temporary(const char *name, char temporary[PV_LAYOUT_TEMPORARY_SIZE])
{
    snprintf(temporary, PV_LAYOUT_TEMPORARY_SIZE, ".%s.tmp", name);
}

bool pv_layout_is_temporary(const char *name)
{
    return name[0] == '.' && (ends_with(name, ".json.tmp") || ends_with(name, ".gz.tmp"));
}
