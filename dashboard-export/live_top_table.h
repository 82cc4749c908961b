/* The live table as text. Pure: what it shows comes in, lines go out. */
#ifndef DASHBOARD_EXPORT_LIVE_TOP_TABLE_H
#define DASHBOARD_EXPORT_LIVE_TOP_TABLE_H

#include "pageview/buffer.h"
#include "pageview/reader.h"

/* Lines above the first article. */
#define PV_LIVE_HEAD_LINES 4

struct pv_live_view {
    const char *list, *section; /* `section` is NULL for the whole site */
    int64_t now_ms;             /* wall clock: ages are from it */
    int64_t clock_ms;           /* the clock that views are counted by */
    struct pv_reader_times times;
    int64_t minute_views;        /* of the site, in the minute in progress */
    int64_t five_minutes_views;  /* and with the four before it */
    int64_t five_minutes_people; /* negative: unknown */
    const struct pv_reader_entry *entries;
    const struct pv_reader_article *articles; /* one an entry */
    size_t count;
    const struct pv_reader_entry *before; /* of the last draw; NULL at the first */
    size_t before_count;
    const char *trouble; /* why this is not what Redis has now; NULL when it is */
};

/* Appends the table, each line with its newline. Lines have `columns` characters at most, 0 for no
 * bound. A character counts as one column: of wide ones (Chinese, emoji) a line may have too many,
 * and the terminal cuts it. What would move the cursor or hide something is a "?". */
void pv_live_table_write(struct pv_buffer *buffer, const struct pv_live_view *view, size_t columns);

#endif
