/* The ranker's core: running sums of views per article, and the lists of the articles on top.
 *
 * A state machine without I/O of its own: counts come from a `struct pv_count_source`, time is an
 * argument. Let M, H and D be the minute, hour and day (UTC) of the time given.
 *
 *   1h   views in the minutes M-60..M        24h  in the hours H-24..H
 *   7d   in the hours H-168..H               30d  in the days D-30..D
 *   hot  views in the hours H-72..H, each halved for every 6 hours of age
 *   rising  (n1 - mu) / sqrt(mu + 1), where n1 are the views of 1h and mu those of an average hour
 *           of the 23 before it; articles with less than 10 views in 1h are left out
 *
 * Views in minutes after M do not count yet. Lists hold scores above 0, highest first, equal
 * scores by article id in descending byte order, which is the order of Redis's ZREVRANGE.
 *
 * Every refresh reads the two minutes in progress again and adds what is new, and subtracts the
 * buckets that leave a window. It builds everything anew where that is not enough: at first, after
 * a jump of the clock, a failed read, or a commit to a minute already closed. */
#ifndef AGGREGATOR_RANKER_RANKING_H
#define AGGREGATOR_RANKER_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/ranker/count_source.h"
#include "aggregator/ranker/lists.h"
#include "pageview/event.h"
#include "pageview/status.h"

#define PV_RANKING_TOP          1000 /* articles in a list of the whole site */
#define PV_RANKING_SECTION_TOP  100  /* articles in a list of a section */
#define PV_RANKING_SECTIONS_MAX 1000
#define PV_RANKING_ALL          SIZE_MAX /* the section argument for the whole site */

/* Time between two rebuilds that nothing else called for. */
#define PV_RANKING_REBUILD_MS INT64_C(600000)

struct pv_ranking;

struct pv_ranked {
    struct pv_text article;
    double score;
};

struct pv_ranking_stats {
    int64_t articles;            /* known now */
    int64_t changed;             /* articles that the last refresh found changed */
    int64_t rebuilds;            /* ever */
    int64_t articles_refused;    /* counts ever left out because max_articles were known */
    int64_t sections_refused;    /* articles ever left without section: PV_RANKING_SECTIONS_MAX */
    const char *rebuilt_because; /* of the last rebuild: "start", "late_commit" …; never NULL */
};

/* Ranks at most `max_articles` (> 0) articles; memory grows with those that there are. */
enum pv_status pv_ranking_new(size_t max_articles, struct pv_ranking **ranking,
                              struct pv_error *error) PV_MUST_CHECK;
void pv_ranking_destroy(struct pv_ranking *ranking);

/* Brings the lists to the time `now_ms` (since the Unix epoch, >= 0). `monotonic_ms` decides when
 * the periodic rebuild is due. After a failure (of the source, or PV_NOMEM) the lists are empty and
 * unchanged until a refresh succeeds, which rebuilds. */
enum pv_status pv_ranking_refresh(struct pv_ranking *ranking, const struct pv_count_source *source,
                                  int64_t now_ms, int64_t monotonic_ms,
                                  struct pv_error *error) PV_MUST_CHECK;

/* The next refresh builds everything anew. */
void pv_ranking_request_rebuild(struct pv_ranking *ranking);

/* Replaces PV_RANKING_REBUILD_MS: where a rebuild takes long, it shall be rare. */
void pv_ranking_set_rebuild_interval(struct pv_ranking *ranking, int64_t interval_ms);

/* Sections are numbered from 0. The next refresh may number them anew; a section that lost its last
 * article stays, with empty lists, at least until pv_ranking_top has given these out. */
size_t pv_ranking_section_count(const struct pv_ranking *ranking);
/* Valid until the next refresh. */
struct pv_text pv_ranking_section(const struct pv_ranking *ranking, size_t section);

/* The list of a section or of PV_RANKING_ALL as of the last refresh: returns the number of entries.
 * They belong to `ranking` and are valid until the next call of any function that may change it
 * (pv_ranking_top too). `*changed` is false when nothing happened that could have changed the list
 * since the last time it was asked for: it may be skipped. */
size_t pv_ranking_top(struct pv_ranking *ranking, enum pv_ranking_list list, size_t section,
                      const struct pv_ranked **entries, bool *changed);

struct pv_ranking_stats pv_ranking_stats(const struct pv_ranking *ranking);

#endif
