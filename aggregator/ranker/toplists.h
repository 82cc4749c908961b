/* The lists on top of the standings: each list of the whole site and of each section. */
#ifndef AGGREGATOR_RANKER_TOPLISTS_H
#define AGGREGATOR_RANKER_TOPLISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "aggregator/ranker/ranking.h"
#include "aggregator/ranker/shortlist.h"
#include "aggregator/ranker/standings.h"

struct pv_toplists {
    struct pv_standings *standings;
    struct pv_shortlist site[PV_RANKING_LISTS];
    struct pv_shortlist (*sections)[PV_RANKING_LISTS]; /* PV_RANKING_SECTIONS_MAX of them */
    struct pv_candidate *scratch;
    struct pv_ranked *entries;
};

enum pv_status pv_toplists_init(struct pv_toplists *lists, struct pv_standings *standings,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_toplists_clean_up(struct pv_toplists *lists);

/* Empties the lists and clears the standings, to build both anew for `hour`. A section without
 * articles goes once all of its lists were given out. */
enum pv_status pv_toplists_clear(struct pv_toplists *lists, int64_t hour,
                                 struct pv_error *error) PV_MUST_CHECK;

/* Every score of the list may have changed. */
void pv_toplists_rescan(struct pv_toplists *lists, enum pv_ranking_list list);

/* Brings the lists in line with the changed articles. */
enum pv_status pv_toplists_settle(struct pv_toplists *lists, struct pv_error *error) PV_MUST_CHECK;

/* See pv_ranking_top. */
size_t pv_toplists_top(struct pv_toplists *lists, enum pv_ranking_list list, size_t section,
                       const struct pv_ranked **entries, bool *changed);

#endif
