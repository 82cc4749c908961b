#include "pageview/nearest_name.h"

#include <string.h>

static size_t edit_distance(const char *a, const char *b)
{
    enum { MAX = 64 };
    size_t row[MAX + 1], a_length = strlen(a), b_length = strlen(b);

    if (a_length > MAX || b_length > MAX)
        return MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *pv_nearest_name(const char *name, size_t count,
                            const char *(*name_at)(const void *context, size_t i),
                            const void *context)
{
    const char *nearest = NULL;
    size_t best = strlen(name) / 2 + 1; /* farther is no help */

    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(name, name_at(context, i));
        if (distance < best) {
            best = distance;
            nearest = name_at(context, i);
        }
    }
    return nearest;
}
