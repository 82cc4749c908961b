/* The questions to Redis that live answers are made of, and their texts: those of the files. */
#ifndef DASHBOARD_EXPORT_SERVE_LIVE_READER_H
#define DASHBOARD_EXPORT_SERVE_LIVE_READER_H

#include "dashboard-export/article_page.h"
#include "dashboard-export/article_ranks.h"
#include "dashboard-export/moment.h"
#include "dashboard-export/snapshot.h"

/* Articles that are asked for at once. */
enum { PV_LIVE_PAGE = 100 };
_Static_assert((int)PV_LIVE_PAGE <= (int)PV_ARTICLE_PAGE, "they are a page");

struct pv_live_reader;

/* `options` must outlive it. */
enum pv_status pv_live_reader_new(const struct pv_redis_options *options,
                                  struct pv_live_reader **reader,
                                  struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_live_reader_destroy(struct pv_live_reader *reader);

/* Begins a reading at `now_ms` (UTC): the clock of the counts. The others come behind it. Statuses
 * are those of redis_client. `monotonic_ms` is for the age of the ranks. */
enum pv_status pv_live_reader_begin(struct pv_live_reader *reader, int64_t now_ms,
                                    int64_t monotonic_ms, struct pv_error *error) PV_MUST_CHECK;

/* Appends live.json. */
enum pv_status pv_live_reader_live(struct pv_live_reader *reader, struct pv_buffer *text,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Appends the file of each article (1 to PV_LIVE_PAGE) to its text; one without views gets
 * none. The ids must stay in place meanwhile. */
enum pv_status pv_live_reader_articles(struct pv_live_reader *reader,
                                       const struct pv_text *articles, size_t count,
                                       struct pv_buffer **texts,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
