#include "aggregator/ranker/toplists.h"

#include <assert.h>
#include <stdlib.h>

/* An article is in the lists of the site and in those of at most one section. */
static_assert(2 * PV_RANKING_LISTS <= 16, "pv_standing.listed has a bit for each");

static unsigned site_bit(int list)
{
    return 1U << list;
}

static unsigned section_bit(int list)
{
    return 1U << (PV_RANKING_LISTS + list);
}

enum pv_status pv_toplists_init(struct pv_toplists *lists, struct pv_standings *standings,
                                struct pv_error *error)
{
    *lists = (struct pv_toplists){
        .standings = standings,
        .sections = calloc(PV_RANKING_SECTIONS_MAX, sizeof *lists->sections),
        .scratch = calloc((size_t)PV_SHORTLIST_FACTOR * PV_RANKING_TOP, sizeof *lists->scratch),
        .entries = calloc(PV_RANKING_TOP, sizeof *lists->entries)};
    if (lists->sections == NULL || lists->scratch == NULL || lists->entries == NULL)
        return pv_error_nomem(error, "the ranking's lists");
    for (int i = 0; i < PV_RANKING_LISTS; i++) {
        lists->site[i].places = PV_RANKING_TOP;
        for (size_t section = 0; section < PV_RANKING_SECTIONS_MAX; section++)
            lists->sections[section][i].places = PV_RANKING_SECTION_TOP;
    }
    return PV_OK;
}

void pv_toplists_clean_up(struct pv_toplists *lists)
{
    for (int i = 0; i < PV_RANKING_LISTS; i++) {
        pv_shortlist_clean_up(&lists->site[i]);
        for (size_t section = 0; lists->sections != NULL && section < PV_RANKING_SECTIONS_MAX;
             section++)
            pv_shortlist_clean_up(&lists->sections[section][i]);
    }
    free(lists->sections);
    free(lists->scratch);
    free(lists->entries);
}

static struct pv_shortlist *list_of(struct pv_toplists *lists, size_t section, int list)
{
    return section == PV_RANKING_ALL ? &lists->site[list] : &lists->sections[section][list];
}

/* Empties it as if it had never been asked for. */
static void restart(struct pv_shortlist *list)
{
    pv_shortlist_reset(list);
    list->is_dirty = list->needs_rescan = false;
    list->is_unseen = true;
}

enum pv_status pv_toplists_clear(struct pv_toplists *lists, int64_t hour, struct pv_error *error)
{
    bool keep[PV_RANKING_SECTIONS_MAX];

    for (size_t section = 0; section < lists->standings->sections.count; section++) {
        keep[section] = lists->standings->section_articles[section] > 0;
        for (int i = 0; i < PV_RANKING_LISTS; i++)
            keep[section] = keep[section] || lists->sections[section][i].is_unseen;
    }
    for (int i = 0; i < PV_RANKING_LISTS; i++) {
        restart(&lists->site[i]);
        for (size_t section = 0; section < PV_RANKING_SECTIONS_MAX; section++)
            restart(&lists->sections[section][i]);
    }
    return pv_standings_clear(lists->standings, hour, keep, error);
}

void pv_toplists_rescan(struct pv_toplists *lists, enum pv_ranking_list list)
{
    lists->site[list].needs_rescan = true;
    for (size_t section = 0; section < lists->standings->sections.count; section++)
        lists->sections[section][list].needs_rescan = true;
}

struct scoring {
    const struct pv_standings *standings;
    enum pv_ranking_list list;
};

static struct pv_candidate get_candidate(const void *context, uint32_t number)
{
    const struct scoring *scoring = context;
    const struct pv_standings *standings = scoring->standings;

    return (struct pv_candidate){
        pv_names_text(&standings->articles, number),
        pv_ranking_list_score(scoring->list, &standings->standings[number].sums, standings->hour),
        number};
}

/* Members behind the list's end are no members any more. */
static void forget_dropped(struct pv_toplists *lists, const struct pv_shortlist *list,
                           size_t before, unsigned bit)
{
    for (size_t i = list->count; i < before; i++) {
        struct pv_standing *standing = &lists->standings->standings[list->members[i]];

        standing->listed = (uint16_t)(standing->listed & ~bit);
    }
}

/* Offers the list an article whose score may have changed. */
static enum pv_status offer(struct pv_toplists *lists, struct pv_shortlist *list, unsigned bit,
                            const struct pv_candidate *candidate,
                            const struct pv_candidate_source *source, struct pv_error *error)
{
    struct pv_standing *standing = &lists->standings->standings[candidate->number];

    if (standing->listed & bit) {
        list->is_dirty = true;
        return PV_OK;
    }
    if (!pv_shortlist_takes(list, candidate, source))
        return PV_OK;
    if (pv_shortlist_is_full(list)) {
        size_t before = list->count;

        pv_shortlist_prune(list, source, lists->scratch);
        forget_dropped(lists, list, before, bit);
        if (!pv_shortlist_takes(list, candidate, source))
            return PV_OK;
    }
    standing->listed = (uint16_t)(standing->listed | bit);
    list->is_dirty = true;
    return pv_shortlist_add(list, candidate->number, error);
}

static void leave_section(struct pv_toplists *lists, struct pv_standing *standing, uint32_t number)
{
    for (int i = 0; i < PV_RANKING_LISTS; i++)
        if (standing->listed & section_bit(i)) {
            struct pv_shortlist *list = &lists->sections[standing->listed_section][i];

            pv_shortlist_remove(list, number);
            list->is_dirty = true;
            standing->listed = (uint16_t)(standing->listed & ~section_bit(i));
        }
    standing->listed_section = standing->section;
}

static enum pv_status offer_everywhere(struct pv_toplists *lists, uint32_t number,
                                       struct pv_error *error)
{
    struct pv_standing *standing = &lists->standings->standings[number];
    bool moved = standing->section != standing->listed_section;
    enum pv_status status = PV_OK;

    if (moved)
        leave_section(lists, standing, number);
    for (int i = 0; i < PV_RANKING_LISTS && status == PV_OK; i++) {
        struct scoring scoring = {lists->standings, (enum pv_ranking_list)i};
        struct pv_candidate_source source = {get_candidate, &scoring};
        bool touched = pv_ranking_list_windows(scoring.list) & standing->changed_windows;
        struct pv_candidate candidate;

        if (!touched && !moved)
            continue;
        candidate = get_candidate(&scoring, number);
        if (touched)
            status = offer(lists, &lists->site[i], site_bit(i), &candidate, &source, error);
        if (status == PV_OK && standing->section != PV_NAME_NONE)
            status = offer(lists, &lists->sections[standing->section][i], section_bit(i),
                           &candidate, &source, error);
    }
    return status;
}

/* Sorts those lists that changed. True: some list cannot tell its best without all articles. */
static bool sort_dirty(struct pv_toplists *lists, int list)
{
    struct scoring scoring = {lists->standings, (enum pv_ranking_list)list};
    struct pv_candidate_source source = {get_candidate, &scoring};
    bool needs_rescan = false;

    for (size_t i = 0; i <= lists->standings->sections.count; i++) {
        size_t section = i == 0 ? PV_RANKING_ALL : i - 1;
        struct pv_shortlist *at = list_of(lists, section, list);
        size_t before = at->count;

        if (at->is_dirty && !at->needs_rescan) {
            pv_shortlist_sort(at, &source, lists->scratch);
            forget_dropped(lists, at, before, i == 0 ? site_bit(list) : section_bit(list));
            at->needs_rescan = !pv_shortlist_is_sound(at, &source);
            at->is_dirty = false;
            at->is_unseen = true;
        }
        needs_rescan = needs_rescan || at->needs_rescan;
    }
    return needs_rescan;
}

/* Builds the lists that need it from all articles, in one pass. */
static enum pv_status rescan(struct pv_toplists *lists, int list, struct pv_error *error)
{
    struct pv_standings *standings = lists->standings;
    struct scoring scoring = {standings, (enum pv_ranking_list)list};
    struct pv_candidate_source source = {get_candidate, &scoring};
    enum pv_status status = PV_OK;

    for (size_t i = 0; i <= standings->sections.count; i++) {
        struct pv_shortlist *at = list_of(lists, i == 0 ? PV_RANKING_ALL : i - 1, list);
        size_t before = at->count;

        if (!at->needs_rescan)
            continue;
        pv_shortlist_reset(at);
        forget_dropped(lists, at, before, i == 0 ? site_bit(list) : section_bit(list));
        at->is_dirty = true; /* though it may stay empty */
    }
    for (uint32_t number = 0; number < standings->articles.count && status == PV_OK; number++) {
        uint32_t section = standings->standings[number].section;
        struct pv_candidate candidate = get_candidate(&scoring, number);

        if (lists->site[list].needs_rescan)
            status = offer(lists, &lists->site[list], site_bit(list), &candidate, &source, error);
        if (status == PV_OK && section != PV_NAME_NONE &&
            lists->sections[section][list].needs_rescan)
            status = offer(lists, &lists->sections[section][list], section_bit(list), &candidate,
                           &source, error);
    }
    for (size_t i = 0; i <= standings->sections.count; i++)
        list_of(lists, i == 0 ? PV_RANKING_ALL : i - 1, list)->needs_rescan = false;
    return status;
}

enum pv_status pv_toplists_settle(struct pv_toplists *lists, struct pv_error *error)
{
    struct pv_standings *standings = lists->standings;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < standings->changed_count && status == PV_OK; i++)
        status = offer_everywhere(lists, standings->changed[i], error);
    for (int list = 0; list < PV_RANKING_LISTS && status == PV_OK; list++)
        if (sort_dirty(lists, list)) {
            status = rescan(lists, list, error);
            sort_dirty(lists, list);
        }
    pv_standings_settle(standings);
    return status;
}

size_t pv_toplists_top(struct pv_toplists *lists, enum pv_ranking_list list, size_t section,
                       const struct pv_ranked **entries, bool *changed)
{
    struct pv_shortlist *from = list_of(lists, section, (int)list);
    struct scoring scoring = {lists->standings, list};
    size_t count = from->count < from->places ? from->count : from->places;

    for (size_t i = 0; i < count; i++) {
        struct pv_candidate candidate = get_candidate(&scoring, from->members[i]);

        lists->entries[i] = (struct pv_ranked){candidate.article, candidate.score};
    }
    *entries = lists->entries;
    *changed = from->is_unseen;
    from->is_unseen = false;
    return count;
}
