#include "dashboard-export/layout.h"

#include <stdio.h>
#include <string.h>

#include "pageview/utf8.h"

const struct pv_layout_directory pv_layout_directories[] = {
    {".", false, true},        {"filtered", false, true},  {"site", false, true},
    {"top/day", false, true},  {"top/hour", false, true},  {PV_LAYOUT_TRENDING, true, true},
    {"articles", true, false}, {"also-read", true, false}, {PV_LAYOUT_DASHBOARD, false, false},
    {NULL, false, false},
};

void pv_layout_top(enum pv_bucket_size size, int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    char name[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(size, time_ms, name);
    snprintf(path, PV_LAYOUT_PATH_SIZE, "top/%s/%s.json", size == PV_BUCKET_HOUR ? "hour" : "day",
             name);
}

static void layout_day(const char *directory, int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    char name[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(PV_BUCKET_DAY, time_ms, name);
    snprintf(path, PV_LAYOUT_PATH_SIZE, "%s/%s.json", directory, name);
}

void pv_layout_site(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    layout_day("site", time_ms, path);
}

void pv_layout_filtered(int64_t time_ms, char path[PV_LAYOUT_PATH_SIZE])
{
    layout_day("filtered", time_ms, path);
}

void pv_layout_trending(const char *list, const char *safe_section, char path[PV_LAYOUT_PATH_SIZE])
{
    snprintf(path, PV_LAYOUT_PATH_SIZE, PV_LAYOUT_TRENDING "/%s%s%s.json", list,
             safe_section != NULL ? "/" : "", safe_section != NULL ? safe_section : "");
}

void pv_layout_csv(const char *path, char csv[PV_LAYOUT_PATH_SIZE])
{
    int stem = (int)(strlen(path) - strlen(".json"));

    snprintf(csv, PV_LAYOUT_PATH_SIZE, "%.*s.csv", stem, path);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

bool pv_layout_is_json(const char *path)
{
    return ends_with(path, ".json");
}

void pv_layout_gzip(const char *path, char compressed[PV_LAYOUT_GZIP_SIZE])
{
    snprintf(compressed, PV_LAYOUT_GZIP_SIZE, "%s.gz", path);
}

bool pv_layout_is_gzip(const char *path)
{
    return ends_with(path, ".json.gz");
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
    static const char *const ends[] = {".json.tmp", ".gz.tmp", ".csv.tmp", ".svg.tmp",  ".html.tmp",
                                       ".css.tmp",  ".js.tmp", ".txt.tmp", ".state.tmp"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (name[0] == '.' && ends_with(name, ends[i]))
            return true;
    return false;
}
