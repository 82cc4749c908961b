/* also-read/<name>.json: which of them have to be written, and their texts.
 *
 * An article's file is looked at when its counts changed, as its other files are, and when
 * pv:also_changed says that its co-views did. It is written when it would say something else, but
 * for views; so what is hot does not write a file for every article. An article of which nothing is
 * known, and with nothing hot on the site, has no file.
 *
 * A round is: take up the changes; then for all articles that are read together read what is also
 * read, write the texts, and let go of them; then end. Memory: 2 MiB for what was written, and that
 * of also_page.h and also_hot.h. */
#ifndef DASHBOARD_EXPORT_ALSO_FILES_H
#define DASHBOARD_EXPORT_ALSO_FILES_H

#include "dashboard-export/also_page.h"
#include "dashboard-export/article_changes.h"

/* Below the directory of --out; names are those of safe_name.h. */
#define PV_ALSO_DIRECTORY "also-read"

struct pv_also_files;

/* `seed` is a number that nobody can guess. */
enum pv_status pv_also_files_new(struct pv_redis *redis, const char *prefix, uint64_t seed,
                                 struct pv_also_files **files,
                                 struct pv_error *error) PV_MUST_CHECK;
void pv_also_files_destroy(struct pv_also_files *files);

/* Adds the articles whose co-views changed since the last time to `changes`; the first time, since
 * two hours before `now_ms`. */
enum pv_status pv_also_files_take_up(struct pv_also_files *files, int64_t now_ms,
                                     struct pv_changes *changes,
                                     struct pv_error *error) PV_MUST_CHECK;
/* Whether there were more than a round takes. */
bool pv_also_files_want_more(const struct pv_also_files *files);

/* Reads what the files of a page's articles tell. The page must outlive it. */
enum pv_status pv_also_files_read(struct pv_also_files *files, struct pv_article_pages *of,
                                  struct pv_error *error) PV_MUST_CHECK;
/* Appends the text of the page's i-th article; false: there is nothing to write. */
bool pv_also_files_write(struct pv_also_files *files, size_t i,
                         const struct pv_snapshot_stamp *stamp, struct pv_buffer *text);
void pv_also_files_let_go(struct pv_also_files *files);

/* The article's file was not written after all. */
void pv_also_files_failed(struct pv_also_files *files, struct pv_text article);

/* Ends the round. */
void pv_also_files_end(struct pv_also_files *files);

#endif
