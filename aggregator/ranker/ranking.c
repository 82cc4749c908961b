#include "aggregator/ranker/ranking.h"

#include <stdlib.h>

#include "aggregator/ranker/cover.h"
#include "aggregator/ranker/standings.h"
#include "aggregator/ranker/toplists.h"

/* A clock that moved by more calls for a rebuild, which then costs little more. At most 60: a new
 * hour begins once, and minutes that leave 1h are still kept. */
enum { CATCH_UP_MINUTES = 10 };

/* X(why, name) */
#define WHY_TABLE(X)                                                                               \
    X(WHY_NOT, "")                                                                                 \
    X(WHY_START, "start")                                                                          \
    X(WHY_REQUEST, "request")                                                                      \
    X(WHY_FAILURE, "failed_read")                                                                  \
    X(WHY_ROLLBACK, "rollback")                                                                    \
    X(WHY_LATE, "late_commit")                                                                     \
    X(WHY_BACKWARDS, "clock_back")                                                                 \
    X(WHY_JUMP, "clock_jump")                                                                      \
    X(WHY_PERIOD, "period")                                                                        \
    X(WHY_UNSOUND, "contradiction")

enum why {
#define X(why, name) why,
    WHY_TABLE(X)
#undef X
};

struct pv_ranking {
    struct pv_standings standings;
    struct pv_toplists lists;
    bool is_ready;                /* the last refresh succeeded */
    enum why requested;           /* what calls for a rebuild, known before the refresh */
    int64_t minute;               /* of the last refresh */
    struct pv_commit_marks marks; /* read before the last refresh's counts */
    int64_t rebuilt_at_ms, rebuild_interval_ms;
    int64_t rebuilds, changed;
    enum why rebuilt_because;
};

enum pv_status pv_ranking_new(size_t max_articles, struct pv_ranking **ranking,
                              struct pv_error *error)
{
    struct pv_ranking *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the ranking");
    made->requested = WHY_START;
    made->rebuilt_because = WHY_START;
    made->rebuild_interval_ms = PV_RANKING_REBUILD_MS;
    status = pv_standings_init(&made->standings, max_articles, PV_RANKING_SECTIONS_MAX, error);
    if (status == PV_OK)
        status = pv_toplists_init(&made->lists, &made->standings, error);
    if (status != PV_OK) {
        pv_ranking_destroy(made);
        return status;
    }
    *ranking = made;
    return PV_OK;
}

void pv_ranking_destroy(struct pv_ranking *ranking)
{
    if (ranking == NULL)
        return;
    pv_toplists_clean_up(&ranking->lists);
    pv_standings_clean_up(&ranking->standings);
    free(ranking);
}

void pv_ranking_request_rebuild(struct pv_ranking *ranking)
{
    if (ranking->requested == WHY_NOT)
        ranking->requested = WHY_REQUEST;
}

void pv_ranking_set_rebuild_interval(struct pv_ranking *ranking, int64_t interval_ms)
{
    ranking->rebuild_interval_ms = interval_ms;
}

/* One reading of a bucket. */
struct reading {
    struct pv_standings *standings;
    struct pv_cover_read bucket; /* of a closed one */
    int sign;
    int64_t minute; /* an open one */
    enum pv_status status;
    struct pv_error *error;
};

static void take_closed(void *context, struct pv_text article, int64_t views)
{
    struct reading *reading = context;

    if (reading->status == PV_OK)
        reading->status = pv_standings_add(reading->standings, &reading->bucket, reading->sign,
                                           article, views, reading->error);
}

static void take_open(void *context, struct pv_text article, int64_t views)
{
    struct reading *reading = context;

    if (reading->status == PV_OK)
        reading->status = pv_standings_set_open(reading->standings, reading->minute, article, views,
                                                reading->error);
}

/* Reads closed buckets and adds them, or subtracts them (sign -1). */
static enum pv_status read_closed(struct pv_ranking *ranking, const struct pv_count_source *source,
                                  const struct pv_cover_read *reads, size_t count, int sign,
                                  struct pv_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct reading reading = {&ranking->standings, reads[i], sign, 0, PV_OK, error};
        enum pv_status status;

        pv_standings_begin_read(&ranking->standings);
        status = source->read_bucket(source->context, reads[i].size,
                                     reads[i].index * pv_bucket_length_ms(reads[i].size),
                                     take_closed, &reading, error);
        if (status != PV_OK || reading.status != PV_OK)
            return status != PV_OK ? status : reading.status;
    }
    return PV_OK;
}

/* Reads the minutes `first` to `last`, which are open or just closing, and adds what is new. */
static enum pv_status read_open(struct pv_ranking *ranking, const struct pv_count_source *source,
                                int64_t first, int64_t last, struct pv_error *error)
{
    for (int64_t minute = first < 0 ? 0 : first; minute <= last; minute++) {
        struct reading reading = {
            .standings = &ranking->standings, .minute = minute, .status = PV_OK, .error = error};
        enum pv_status status = source->read_bucket(
            source->context, PV_BUCKET_MINUTE, minute * PV_MINUTE_MS, take_open, &reading, error);

        if (status != PV_OK || reading.status != PV_OK)
            return status != PV_OK ? status : reading.status;
    }
    return PV_OK;
}

static enum pv_status rebuild(struct pv_ranking *ranking, const struct pv_count_source *source,
                              int64_t minute, struct pv_error *error)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];
    size_t count = pv_cover_rebuild(minute, reads);
    enum pv_status status = pv_toplists_clear(&ranking->lists, minute / PV_HOUR_MINUTES, error);

    /* Newest first: where there is no room for all articles, the old ones are left out. */
    if (status == PV_OK)
        status = read_open(ranking, source, minute - 1, minute, error);
    if (status == PV_OK)
        status = read_closed(ranking, source, reads, count, 1, error);
    return status;
}

/* From the last refresh's minute to this one, which is at most CATCH_UP_MINUTES later. */
static enum pv_status advance(struct pv_ranking *ranking, const struct pv_count_source *source,
                              int64_t minute, struct pv_error *error)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];
    size_t count = pv_cover_leaving(ranking->minute, minute, reads);
    enum pv_status status;

    if (minute / PV_HOUR_MINUTES != ranking->minute / PV_HOUR_MINUTES) {
        pv_standings_enter_hour(&ranking->standings);
        pv_toplists_rescan(&ranking->lists, PV_RANKING_HOT);
    }
    /* The minutes that were open and are not any more are read once more, for the last time; those
     * that opened and closed meanwhile, once. */
    status = read_open(ranking, source, ranking->minute - 1, minute, error);
    if (status == PV_OK)
        status = read_closed(ranking, source, reads, count, -1, error);
    return status;
}

static enum why why_rebuild(const struct pv_ranking *ranking, int64_t minute,
                            const struct pv_commit_marks *marks, int64_t monotonic_ms)
{
    if (ranking->requested != WHY_NOT)
        return ranking->requested;
    if (!ranking->is_ready)
        return WHY_FAILURE;
    if (marks->looks != ranking->marks.looks + 1)
        return WHY_ROLLBACK;
    if (marks->late != ranking->marks.late)
        return WHY_LATE;
    if (minute < ranking->minute)
        return WHY_BACKWARDS;
    if (minute > ranking->minute + CATCH_UP_MINUTES)
        return WHY_JUMP;
    if (monotonic_ms - ranking->rebuilt_at_ms >= ranking->rebuild_interval_ms)
        return WHY_PERIOD;
    return WHY_NOT;
}

/* Brings the sums to `minute`, with the marks already read. */
static enum pv_status read_counts(struct pv_ranking *ranking, const struct pv_count_source *source,
                                  int64_t minute, int64_t monotonic_ms, enum why why,
                                  struct pv_error *error)
{
    enum pv_status status;

    if (why == WHY_NOT) {
        status = advance(ranking, source, minute, error);
        if (status != PV_OK || !ranking->standings.is_unsound)
            return status;
        why = WHY_UNSOUND;
    }
    status = rebuild(ranking, source, minute, error);
    if (status != PV_OK)
        return status;
    ranking->rebuilds++;
    ranking->rebuilt_because = why;
    ranking->rebuilt_at_ms = monotonic_ms;
    /* Counts that fell while they were read. */
    ranking->requested = ranking->standings.is_unsound ? WHY_UNSOUND : WHY_NOT;
    return PV_OK;
}

enum pv_status pv_ranking_refresh(struct pv_ranking *ranking, const struct pv_count_source *source,
                                  int64_t now_ms, int64_t monotonic_ms, struct pv_error *error)
{
    int64_t minute = now_ms / PV_MINUTE_MS;
    int64_t open_from = minute > 0 ? minute - 1 : 0;
    struct pv_commit_marks marks;
    enum pv_status status;
    enum why why;

    /* Before any read: a commit that the reads below miss, or see only in part, comes after this.
     * It raises `commits`, so that the open minutes are read again, and `late` if its minute is not
     * one of them. */
    status = source->announce(source->context, open_from * PV_MINUTE_MS, &marks, error);
    if (status != PV_OK) {
        ranking->is_ready = false;
        return status;
    }
    why = why_rebuild(ranking, minute, &marks, monotonic_ms);
    ranking->changed = 0;
    if (why == WHY_NOT && minute == ranking->minute && marks.commits == ranking->marks.commits) {
        ranking->marks = marks;
        return PV_OK;
    }
    ranking->is_ready = false;
    status = read_counts(ranking, source, minute, monotonic_ms, why, error);
    ranking->changed = (int64_t)ranking->standings.changed_count;
    if (status == PV_OK)
        status = pv_standings_read_sections(&ranking->standings, source, error);
    if (status == PV_OK)
        status = pv_toplists_settle(&ranking->lists, error);
    if (status != PV_OK)
        return status;
    ranking->minute = minute;
    ranking->marks = marks;
    ranking->is_ready = true;
    return PV_OK;
}

size_t pv_ranking_section_count(const struct pv_ranking *ranking)
{
    return ranking->standings.sections.count;
}

struct pv_text pv_ranking_section(const struct pv_ranking *ranking, size_t section)
{
    return pv_names_text(&ranking->standings.sections, section);
}

size_t pv_ranking_top(struct pv_ranking *ranking, enum pv_ranking_list list, size_t section,
                      const struct pv_ranked **entries, bool *changed)
{
    if (!ranking->is_ready) {
        *entries = NULL;
        *changed = false;
        return 0;
    }
    return pv_toplists_top(&ranking->lists, list, section, entries, changed);
}

struct pv_ranking_stats pv_ranking_stats(const struct pv_ranking *ranking)
{
    static const char *const names[] = {
#define X(why, name) [why] = (name),
        WHY_TABLE(X)
#undef X
    };

    return (struct pv_ranking_stats){.articles = (int64_t)ranking->standings.articles.count,
                                     .changed = ranking->changed,
                                     .rebuilds = ranking->rebuilds,
                                     .articles_refused = ranking->standings.articles_refused,
                                     .sections_refused = ranking->standings.sections_refused,
                                     .rebuilt_because = names[ranking->rebuilt_because]};
}
