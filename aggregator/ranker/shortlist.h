/* The best of many articles, without sorting all of them.
 *
 * A shortlist keeps up to four times as many members as the list has places, and a floor: the best
 * that it ever turned away to make room. Every article that is not a member stands at the floor or
 * below, as long as the owner offers each article whose score changed. So the best are known while
 * enough members stand above the floor; when too many have fallen, the owner empties the list and
 * offers every article again. With no floor the members are all that have a score. */
#ifndef AGGREGATOR_RANKER_SHORTLIST_H
#define AGGREGATOR_RANKER_SHORTLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/event.h"
#include "pageview/status.h"

/* An article with its score of now. */
struct pv_candidate {
    struct pv_text article;
    double score;
    uint32_t number;
};

/* Where scores come from. They may change between calls, the articles' texts must not. */
struct pv_candidate_source {
    struct pv_candidate (*get)(const void *context, uint32_t number);
    const void *context;
};

/* Members for each place of the list. */
#define PV_SHORTLIST_FACTOR 4

struct pv_shortlist {
    size_t places;
    uint32_t *members;
    size_t count, capacity;
    bool has_floor;
    double floor_score;
    uint32_t floor_number;
    /* Its owner's business. */
    bool is_dirty, needs_rescan, is_unseen;
};

void pv_shortlist_clean_up(struct pv_shortlist *list);

/* Empties it and takes the floor away; keeps its memory. */
void pv_shortlist_reset(struct pv_shortlist *list);

/* For qsort: highest score first, equal ones by article in descending byte order. */
int pv_candidate_compare(const void *a, const void *b);

/* The candidate has a score, and stands above the floor where there is one. */
bool pv_shortlist_takes(const struct pv_shortlist *list, const struct pv_candidate *candidate,
                        const struct pv_candidate_source *source);

bool pv_shortlist_is_full(const struct pv_shortlist *list);

/* Adds an article that is no member, to a list that is not full. */
enum pv_status pv_shortlist_add(struct pv_shortlist *list, uint32_t number,
                                struct pv_error *error) PV_MUST_CHECK;

/* Removes a member; any other article changes nothing. */
void pv_shortlist_remove(struct pv_shortlist *list, uint32_t number);

/* The two below put the members in order. `scratch` has room for all members. Those that went
 * stand in `members` behind `count`. */

/* Drops members without score. */
void pv_shortlist_sort(struct pv_shortlist *list, const struct pv_candidate_source *source,
                       struct pv_candidate *scratch);

/* Drops all but twice the places, and raises the floor. */
void pv_shortlist_prune(struct pv_shortlist *list, const struct pv_candidate_source *source,
                        struct pv_candidate *scratch);

/* Of a list just sorted: its first places are the best of all articles. */
bool pv_shortlist_is_sound(const struct pv_shortlist *list,
                           const struct pv_candidate_source *source);

#endif
