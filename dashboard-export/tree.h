/* Looks at every file of a directory of ours, and of those below it. */
#ifndef DASHBOARD_EXPORT_TREE_H
#define DASHBOARD_EXPORT_TREE_H

#include "dashboard-export/directory.h"
#include "dashboard-export/layout.h"

/* What is done with each name that is no directory, or with every name where the place is not deep.
 * `fd` is the directory that has it, `path` is the whole path relative to --out. Anything but PV_OK
 * ends the walk. */
struct pv_tree_visitor {
    enum pv_status (*visit)(void *context, int fd, const char *path, const char *name,
                            struct pv_error *error);
    void *context;
    /* Called behind the last name of each directory below the place, which `fd` has as `name`.
     * NULL: nothing is done. */
    void (*leave)(void *context, int fd, const char *name);
};

/* Walks `place`, at most 16 directories deep, following no links. One that is not there is empty.
 * Names that are hidden are visited, those of "." and ".." are not. */
enum pv_status pv_tree_walk(const struct pv_directory *directory,
                            const struct pv_layout_directory *place,
                            const struct pv_tree_visitor *visitor,
                            struct pv_error *error) PV_MUST_CHECK;

#endif
