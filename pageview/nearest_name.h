/* What somebody may have meant who wrote a name that there is not. */
#ifndef PAGEVIEW_NEAREST_NAME_H
#define PAGEVIEW_NEAREST_NAME_H

#include <stddef.h>

/* The one of `count` names nearest to `name` by edit distance, or NULL when none is near.
 * `name_at(context, i)` gives the i-th name. */
const char *pv_nearest_name(const char *name, size_t count,
                            const char *(*name_at)(const void *context, size_t i),
                            const void *context);

#endif
