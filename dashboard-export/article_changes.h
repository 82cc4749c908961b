/* Which articles' counts have changed since their files were written.
 *
 * The site's views say minute by minute which of the last two hours has changed since it was last
 * gone through; that minute's hash says which articles it has, and what was seen before says which
 * of them have another count. So the cost follows the traffic, not the archive.
 *
 * What changes further back is not noticed: views that come over two hours late, and those that
 * came while the exporter was not running for longer than that. Such an article is written with its
 * next view, or when all are.
 *
 * This is the logic; article_scan.h reads what it needs from Redis. A round is: tell it the site's
 * views; while a scan is wanted, tell it the page of it; then take the articles from the end of the
 * list, and tell which of them have to be written again. Memory: PV_CHANGES_MAX articles and those
 * of a page, of 512 bytes at most, and PV_ARTICLE_SEEN_MAX counts: 14 MiB at the very worst, 4 MiB
 * with ids as they are. With more changes the rest is for the next round, which goes on where this
 * one ended. */
#ifndef DASHBOARD_EXPORT_ARTICLE_CHANGES_H
#define DASHBOARD_EXPORT_ARTICLE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/counts.h"
#include "pageview/event.h"
#include "pageview/status.h"

/* Minutes that are watched: Redis keeps them for two hours. Articles in a round. */
enum { PV_CHANGES_MINUTES = 120, PV_CHANGES_MAX = 20000 };

/* What Redis gives as the place to go on from; "0" is the start. */
#define PV_CHANGES_CURSOR_SIZE 24

struct pv_changes;

/* `seed` is a number that nobody can guess. */
enum pv_status pv_changes_new(uint64_t seed, struct pv_changes **changes,
                              struct pv_error *error) PV_MUST_CHECK;
void pv_changes_destroy(struct pv_changes *changes);

/* Begins a round. `views` are the site's, of the minute that holds `clock_ms` and of those before
 * it, the oldest first; read before any scan of this round. */
enum pv_status pv_changes_begin(struct pv_changes *changes, int64_t clock_ms,
                                const int64_t views[PV_CHANGES_MINUTES],
                                struct pv_error *error) PV_MUST_CHECK;

/* From now on every article there is counts as changed, once. */
void pv_changes_want_all(struct pv_changes *changes);
/* True while another round would find something without a new view: all are not in the list yet, a
 * hash was not read to its end, or articles are left, but for `done` of them. Failed ones do not
 * count. */
bool pv_changes_wants_more(const struct pv_changes *changes, size_t done);

/* A hash that is to be gone through. */
struct pv_changes_scan {
    bool all;          /* that of all articles */
    int64_t minute_ms; /* else that of this minute */
    const char *cursor;
};

/* False when the list is full, nothing is left to be read in this round, or articles were dropped
 * in it. */
bool pv_changes_next(struct pv_changes *changes, struct pv_changes_scan *scan);
/* Takes the articles of a page of that scan. */
struct pv_counts_target pv_changes_target(struct pv_changes *changes);
/* The page is over, and `cursor` is where the next begins: "0" when there is none. It has
 * less than PV_CHANGES_CURSOR_SIZE bytes. */
void pv_changes_page_done(struct pv_changes *changes, const char *cursor);

/* Counts as changed for another reason; ids that have no file are passed over. Before any is taken
 * off, and not beyond PV_CHANGES_MAX. */
enum pv_status pv_changes_add(struct pv_changes *changes, struct pv_text article,
                              struct pv_error *error) PV_MUST_CHECK;

/* Articles to be written. The texts belong to `changes`, until they are dropped. */
size_t pv_changes_count(const struct pv_changes *changes);
struct pv_text pv_changes_at(const struct pv_changes *changes, size_t i);
/* Takes the last `count` off the list. Those that `again` says, which may be NULL, come back with
 * the next round; on PV_NOMEM only some of them. */
enum pv_status pv_changes_drop(struct pv_changes *changes, size_t count, const bool *again,
                               struct pv_error *error) PV_MUST_CHECK;

#endif
