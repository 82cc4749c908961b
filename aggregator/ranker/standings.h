/* All ranked articles with their running sums and sections, and which of them changed. */
#ifndef AGGREGATOR_RANKER_STANDINGS_H
#define AGGREGATOR_RANKER_STANDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/ranker/count_source.h"
#include "aggregator/ranker/cover.h"
#include "aggregator/ranker/names.h"

struct pv_standing {
    struct pv_sums sums;
    /* The count last seen in each open minute, by minute mod 2. */
    uint32_t open_minute[2], open_count[2];
    uint32_t read;           /* the last read that had it */
    uint32_t section;        /* PV_NAME_NONE: in none */
    uint32_t listed_section; /* the one whose lists know it */
    uint16_t listed;         /* bits of the lists that it is a member of; their owner's business */
    bool is_changed;
    uint8_t changed_windows; /* bits */
};

struct pv_standings {
    int64_t hour; /* of now, since the Unix epoch */
    struct pv_names articles;
    struct pv_standing *standings; /* by article number */
    size_t capacity;
    uint32_t *changed; /* numbers of changed articles */
    size_t changed_count;
    uint32_t read;
    bool is_unsound; /* the counts contradict each other: build anew */
    struct pv_names sections;
    size_t *section_articles; /* by section number: articles in it */
    int64_t articles_refused, sections_refused;
};

enum pv_status pv_standings_init(struct pv_standings *standings, size_t max_articles,
                                 size_t max_sections, struct pv_error *error) PV_MUST_CHECK;
void pv_standings_clean_up(struct pv_standings *standings);

/* Forgets all articles, and the sections s whose keep[s] is false: the others are numbered anew,
 * in the order that they had. */
enum pv_status pv_standings_clear(struct pv_standings *standings, int64_t hour, const bool *keep,
                                  struct pv_error *error) PV_MUST_CHECK;

/* Brings the sums to the hour after. */
void pv_standings_enter_hour(struct pv_standings *standings);

/* Begins the next read of a closed bucket. */
void pv_standings_begin_read(struct pv_standings *standings);

/* Adds views of a closed bucket (sign 1), or subtracts them (-1). The second time that a read hands
 * out an article is not minded. */
enum pv_status pv_standings_add(struct pv_standings *standings, const struct pv_cover_read *bucket,
                                int sign, struct pv_text article, int64_t views,
                                struct pv_error *error) PV_MUST_CHECK;

/* The article has had `views` views in an open minute so far: the difference is added. */
enum pv_status pv_standings_set_open(struct pv_standings *standings, int64_t minute,
                                     struct pv_text article, int64_t views,
                                     struct pv_error *error) PV_MUST_CHECK;

/* Asks the source for the sections of the changed articles. */
enum pv_status pv_standings_read_sections(struct pv_standings *standings,
                                          const struct pv_count_source *source,
                                          struct pv_error *error) PV_MUST_CHECK;

/* Nothing is changed any more. */
void pv_standings_settle(struct pv_standings *standings);

#endif
