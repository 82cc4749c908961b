/* What a request's path asks for: text alone, no file is looked at. */
#ifndef DASHBOARD_EXPORT_SERVE_TARGET_H
#define DASHBOARD_EXPORT_SERVE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "dashboard-export/layout.h"
#include "dashboard-export/safe_name.h"

enum pv_target_kind {
    PV_TARGET_NOTHING, /* no file of ours has such a path */
    PV_TARGET_FILE,
    PV_TARGET_ARTICLE, /* a file whose content Redis knows better */
    PV_TARGET_LIVE,    /* the same */
    PV_TARGET_EVENTS,
};

struct pv_target {
    enum pv_target_kind kind;
    char path[PV_LAYOUT_PATH_SIZE]; /* of the file, relative to --out */
    char article[PV_SAFE_NAME_SIZE + 1];
    size_t article_length; /* of PV_TARGET_ARTICLE; the id is not only ASCII */
};

/* Reads the path of a URL as it was sent, without its query. A path that could name something
 * outside of the directory, a hidden file or one in the making is PV_TARGET_NOTHING: one with an
 * empty component, a component that begins with ".", an escaped "/", a backslash, a control
 * character, or what is no UTF-8 or no escape. "/" is index.html. */
void pv_target_parse(const char *url, struct pv_target *target);

/* The id whose pv_safe_name is `name`; false when there is none, or when it cannot be told since a
 * component is a hash. `id` begins with "/". Returns its length by `*length`. */
bool pv_target_article(const char *name, size_t name_length, char id[PV_SAFE_NAME_SIZE + 1],
                       size_t *length);

#endif
