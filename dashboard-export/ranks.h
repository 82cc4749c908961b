/* What ranks articles had: for each trending list, a look at it every ten minutes, kept for an
 * hour.
 *
 * Articles are known by a hash of 64 bits (XXH3), so a look costs 8 bytes an article. A million of
 * them are remembered at most, 8 MB; beyond that a list is not remembered, and its articles have no
 * rank of an hour ago. */
#ifndef DASHBOARD_EXPORT_RANKS_H
#define DASHBOARD_EXPORT_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/trending.h"
#include "pageview/status.h"

#define PV_RANKS_LOOK_MS INT64_C(600000)
enum { PV_RANKS_LOOKS = 7, PV_RANKS_MAX = 1000000 };

struct pv_look {
    int64_t number;     /* time / PV_RANKS_LOOK_MS */
    uint64_t *articles; /* in the order of their ranks; NULL: no look */
    size_t count;
};

struct pv_ranked_list {
    char *name;     /* as pv:rankings has it: "trending:1h:section:news" */
    uint64_t stamp; /* of the list when it was written last */
    int64_t look;   /* and the number of the look then; negative: not written yet */
    bool there;     /* it is in this round */
    struct pv_look looks[PV_RANKS_LOOKS]; /* look n is at n mod PV_RANKS_LOOKS */
};

/* All zero is empty. */
struct pv_ranks {
    struct pv_ranked_list *lists; /* sorted by name */
    size_t count, capacity;
    size_t articles; /* in all looks */
    bool unsaved;    /* a look was remembered since the ranks were saved (ranks_file.h) */
};

void pv_ranks_clean_up(struct pv_ranks *ranks);

/* The list of that name, which is made when it is new. It stays in place until the next call. NULL
 * when memory is out. */
struct pv_ranked_list *pv_ranks_list(struct pv_ranks *ranks, const char *name);

/* Forgets lists that are not `there`, and takes the mark from the others. */
void pv_ranks_forget_gone(struct pv_ranks *ranks);

/* Remembers `trending` as the list's look at `time_ms`, unless there is one of those ten minutes.
 */
void pv_ranks_remember(struct pv_ranks *ranks, struct pv_ranked_list *list, int64_t time_ms,
                       const struct pv_trending *trending);

/* A look as it was once saved: room for the hashes of `count` articles, to be filled in the order
 * of their ranks. NULL when that would be too many in all, or memory is out; then it is forgotten.
 */
uint64_t *pv_ranks_recall(struct pv_ranks *ranks, struct pv_ranked_list *list, int64_t number,
                          size_t count);

/* The rank (from 1) that an article had in the first look of the ten minutes an hour before
 * `time_ms`, so 60 to 70 minutes ago; 0 when it had none, or nobody looked. */
size_t pv_ranks_hour_ago(const struct pv_ranked_list *list, int64_t time_ms, const char *article,
                         size_t length);

#endif
