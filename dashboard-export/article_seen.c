#include "dashboard-export/article_seen.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/bucket.h"

/* An article's minute has its place in one set, where the ways are few enough to look at all. */
enum { WAYS = 4, SETS = PV_ARTICLE_SEEN_MAX / WAYS };

struct seen {
    uint64_t id; /* of an article and a minute; 0: none */
    int64_t count;
};

struct pv_article_seen {
    uint64_t seed;
    unsigned next_way; /* that gives way, each in its turn */
    struct seen sets[SETS][WAYS];
};

enum pv_status pv_article_seen_new(uint64_t seed, struct pv_article_seen **seen,
                                   struct pv_error *error)
{
    *seen = calloc(1, sizeof **seen);
    if (*seen == NULL)
        return pv_error_nomem(error, "what was seen of articles");
    (*seen)->seed = seed;
    return PV_OK;
}

void pv_article_seen_destroy(struct pv_article_seen *seen)
{
    free(seen);
}

bool pv_article_seen_is_new(struct pv_article_seen *seen, int64_t minute_ms, const char *article,
                            size_t length, int64_t count)
{
    uint64_t minute = (uint64_t)(minute_ms / PV_MINUTE_MS);
    uint64_t id = XXH3_64bits_withSeed(article, length, seen->seed + minute);
    struct seen *set = seen->sets[id % SETS];
    size_t way = 0;

    while (way < WAYS && set[way].id != id && set[way].id != 0)
        way++;
    if (way < WAYS && set[way].id == id && set[way].count == count)
        return false;
    if (way == WAYS)
        way = seen->next_way++ % WAYS;
    set[way] = (struct seen){id, count};
    return true;
}
