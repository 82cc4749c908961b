/* A directory of the test's own, opened as --out. Include after test_pageview_support.h. */
#ifndef DASHBOARD_OUT_H
#define DASHBOARD_OUT_H

#include "dashboard-export/directory.h"
#include "dashboard_files.h"

struct out {
    char path[TEST_PATH_SIZE];
    struct pv_directory directory;
};

static inline void open_out(struct out *out)
{
    struct pv_error error;

    make_directory(out->path);
    pv_directory_init(&out->directory, out->path);
    if (pv_directory_open(&out->directory, &error) != PV_OK)
        fail_msg("%s", error.text);
}

static inline void remove_out(struct out *out)
{
    pv_directory_clean_up(&out->directory);
    remove_directory(out->path);
}

#endif
