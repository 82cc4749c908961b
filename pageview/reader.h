/* For programs that show page views: what Redis holds (docs/redis-schema.md), read only.
 *
 *     cc app.c $(pkg-config --cflags --libs pageview)
 *
 * A reader is one connection. It is made at the first question, and made again at the next one
 * after it was lost. A reader must not be used by two threads at once; each thread may have its
 * own. Nothing here prints, exits, or changes signal handlers; a lost connection raises no SIGPIPE.
 *
 * Texts are UTF-8 and end with a NUL. Times are ms since the Unix epoch, UTC, from 0 to below
 * 10^14. Articles are canonical ids, as the producer made them ("/blog/some-article"): 512 bytes at
 * most. What Redis does not have counts as zero: an article never seen has no views.
 *
 * Each answer is of one moment. Two answers are of the same moment when pv_reader_offsets gives the
 * same before the first as after the last.
 *
 * What a call that asks Redis returns, and the text in `*error` (which may be NULL):
 *
 *     PV_OK           done
 *     PV_INVALID      an argument out of its bounds, or a wrong user or password
 *     PV_UNAVAILABLE  no connection within 3 s, no answer within 5 s, Redis is loading or full, or
 *                     its user has no right to the command: ask again later
 *     PV_REFUSED      a key of another type, or a value that is no number: not written by an
 *                     aggregator
 *     PV_NOMEM        out of memory
 *
 * After anything but PV_OK what the other arguments point to is unspecified, and nothing is to be
 * destroyed. Texts name the options of the programs: --redis is `address`, and so on. */
#ifndef PAGEVIEW_READER_H
#define PAGEVIEW_READER_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PV_READER_API __attribute__((visibility("default")))

/* Articles in one question: Redis serves nobody else while it answers one. */
#define PV_READER_ARTICLES_MAX 10000
/* Entries of a trending list; a section's list has 100 at most. */
#define PV_READER_ENTRIES_MAX 1000
/* Bytes of a section's name. */
#define PV_READER_SECTION_MAX 64
/* The site's visitors are kept for this many minutes. */
#define PV_READER_VISITOR_MINUTES_MAX 60
#define PV_READER_DAY_MINUTES         1440

/* The trending lists, as the items of an array of texts. The score is the views in the last hour,
 * 24 hours, 7 and 30 days; in "hot" views that lose half their weight every 6 hours; in "rising"
 * how far the last hour is above the 23 before it. */
#define PV_READER_LISTS "1h", "24h", "7d", "30d", "hot", "rising"

struct pv_reader;

/* Zero or NULL is the default of each. */
struct pv_reader_options {
    const char *address;       /* "HOST:PORT", "[IPV6]:PORT" or "unix:PATH"; "127.0.0.1:6379" */
    const char *user;          /* ACL user; needs `password_file` */
    const char *password_file; /* its first line is the password; read once, here */
    const char *prefix;        /* of every key, 64 bytes at most; "pv:" */
};

/* Makes a reader and no connection yet. `options` (NULL: all defaults) is copied. PV_INVALID for an
 * address of another form, a prefix too long, or a password file that cannot be read. */
PV_READER_API enum pv_status pv_reader_new(const struct pv_reader_options *options,
                                           struct pv_reader **reader,
                                           struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
PV_READER_API void pv_reader_destroy(struct pv_reader *reader);

/* Views of an article, all time. */
PV_READER_API enum pv_status pv_reader_views(struct pv_reader *reader, const char *article,
                                             int64_t *views, struct pv_error *error) PV_MUST_CHECK;

/* Views of each of `count` articles (0 to PV_READER_ARTICLES_MAX), all time, in their order.
 * `views` has room for `count`. */
PV_READER_API enum pv_status pv_reader_views_many(struct pv_reader *reader,
                                                  const char *const *articles, size_t count,
                                                  int64_t *views,
                                                  struct pv_error *error) PV_MUST_CHECK;

/* Spans of UTC. Days are kept 400 days after their end, hours 8 days, minutes 2 hours, unless the
 * aggregator was told otherwise. What is no longer kept counts as zero. */
enum pv_reader_span { PV_READER_MINUTE, PV_READER_HOUR, PV_READER_DAY };

/* pv_reader_views_many of the one minute, hour or day that holds `time_ms`. */
PV_READER_API enum pv_status pv_reader_views_in(struct pv_reader *reader, enum pv_reader_span span,
                                                int64_t time_ms, const char *const *articles,
                                                size_t count, int64_t *views,
                                                struct pv_error *error) PV_MUST_CHECK;

struct pv_reader_entry {
    const char *article;
    size_t length; /* of `article` in bytes */
    double score;
};

/* The first `max` entries (1 to PV_READER_ENTRIES_MAX) of a list of PV_READER_LISTS, highest score
 * first; of the whole site when `section` is NULL. `*count` is 0 for a section that nobody knows.
 * `*entries` is destroyed by the caller; it is NULL when there are none. */
PV_READER_API enum pv_status pv_reader_trending(struct pv_reader *reader, const char *list,
                                                const char *section, size_t max,
                                                struct pv_reader_entry **entries, size_t *count,
                                                struct pv_error *error) PV_MUST_CHECK;
PV_READER_API void pv_reader_entries_destroy(struct pv_reader_entry *entries);

/* The first `max` articles (1 to PV_READER_ENTRIES_MAX; there are ten at most) that readers of
 * `article` also read, the likeliest first; the score is the cosine of the two articles' readers,
 * above 0 to 1. An estimate. `*entries` is destroyed by the caller; it is NULL when nothing is
 * known, or `article` is too long to be one. */
PV_READER_API enum pv_status pv_reader_also_read(struct pv_reader *reader, const char *article,
                                                 size_t max, struct pv_reader_entry **entries,
                                                 size_t *count,
                                                 struct pv_error *error) PV_MUST_CHECK;

struct pv_reader_article {
    const char *title, *section; /* NULL when no event told */
};

/* What events told of each of `count` articles (0 to PV_READER_ARTICLES_MAX), in their order. Each
 * article is of one moment, all together are not. The caller destroys `*found` with the same
 * `count`; it is NULL when that is 0. */
PV_READER_API enum pv_status pv_reader_articles(struct pv_reader *reader,
                                                const char *const *articles, size_t count,
                                                struct pv_reader_article **found,
                                                struct pv_error *error) PV_MUST_CHECK;
PV_READER_API void pv_reader_articles_destroy(struct pv_reader_article *found, size_t count);

/* Views of the whole site in each minute of the day that holds `day_ms`: `minutes[61]` is 01:01. */
PV_READER_API enum pv_status pv_reader_site(struct pv_reader *reader, int64_t day_ms,
                                            int64_t minutes[PV_READER_DAY_MINUTES],
                                            struct pv_error *error) PV_MUST_CHECK;

/* People who viewed the article on the day that holds `day_ms`: an estimate of HyperLogLog, whose
 * standard error is 0.81 %. Kept 32 days. */
PV_READER_API enum pv_status pv_reader_visitors(struct pv_reader *reader, const char *article,
                                                int64_t day_ms, int64_t *people,
                                                struct pv_error *error) PV_MUST_CHECK;

/* People on the whole site in the last `minutes` (1 to PV_READER_VISITOR_MINUTES_MAX) up to and
 * with the one that holds `now_ms`. An estimate as above. */
PV_READER_API enum pv_status pv_reader_site_visitors(struct pv_reader *reader, int64_t now_ms,
                                                     int minutes, int64_t *people,
                                                     struct pv_error *error) PV_MUST_CHECK;

/* -1 for what never happened. */
struct pv_reader_times {
    int64_t last_commit_ms;   /* when counts were last added */
    int64_t caught_up_ms;     /* when nothing more was there to be counted, in any partition */
    int64_t last_ranking_ms;  /* when the trending lists were last brought up to date */
    int64_t ranking_clock_ms; /* the moment that "the last hour" of the lists ends at */
};

PV_READER_API enum pv_status pv_reader_times(struct pv_reader *reader,
                                             struct pv_reader_times *times,
                                             struct pv_error *error) PV_MUST_CHECK;

struct pv_reader_offset {
    const char *topic;
    int32_t partition;
    int64_t next; /* every event below it is in the counts, none from it on */
};

/* How far the counts go in Kafka, by topic (bytewise) and partition. `*offsets` is destroyed by the
 * caller; it is NULL when there are none. */
PV_READER_API enum pv_status pv_reader_offsets(struct pv_reader *reader,
                                               struct pv_reader_offset **offsets, size_t *count,
                                               struct pv_error *error) PV_MUST_CHECK;
PV_READER_API void pv_reader_offsets_destroy(struct pv_reader_offset *offsets);

#ifdef __cplusplus
}
#endif

#endif
