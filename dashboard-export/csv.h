/* Counts as CSV (RFC 4180), for spreadsheets: a header row, lines that end with CR LF.
 *
 * A cell that begins with = + - @, a tab or a CR would be a formula to a spreadsheet: it gets an
 * apostrophe in front, which spreadsheets do not show. */
#ifndef DASHBOARD_EXPORT_CSV_H
#define DASHBOARD_EXPORT_CSV_H

#include "dashboard-export/count_list.h"
#include "dashboard-export/top.h"
#include "pageview/buffer.h"

/* Appends a cell, in quotes where it needs them. */
void pv_csv_cell(struct pv_buffer *buffer, const char *text, size_t length);

/* rank,article,views; `top` is finished. */
void pv_csv_top(struct pv_buffer *buffer, const struct pv_top *top);

/* time,views minute by minute; `minutes` is finished. */
void pv_csv_site(struct pv_buffer *buffer, const struct pv_count_list *minutes);

#endif
