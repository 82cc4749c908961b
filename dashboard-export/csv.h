/* Counts as CSV (RFC 4180), for spreadsheets: a header row, lines that end with CR LF.
 *
 * A cell that begins with = + - @, a tab or a CR would be a formula to a spreadsheet: it gets an
 * apostrophe in front, which spreadsheets do not show. */
#ifndef DASHBOARD_EXPORT_CSV_H
#define DASHBOARD_EXPORT_CSV_H

#include "dashboard-export/count_list.h"
#include "dashboard-export/top.h"
#include "pageview/bucket.h"
#include "pageview/buffer.h"

/* Appends a cell, in quotes where it needs them. */
void pv_csv_cell(struct pv_buffer *buffer, const char *text, size_t length);

/* rank,article,views; `top` is finished. */
void pv_csv_top(struct pv_buffer *buffer, const struct pv_top *top);

/* time,views minute by minute; `minutes` is finished. */
void pv_csv_site(struct pv_buffer *buffer, const struct pv_count_list *minutes);

/* time,views by the hour or the day: `count` numbers, the last is that of `last_ms`. */
void pv_csv_series(struct pv_buffer *buffer, enum pv_bucket_size size, int64_t last_ms,
                   const int64_t *views, size_t count);

#endif
