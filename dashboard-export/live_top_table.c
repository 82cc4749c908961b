#include "dashboard-export/live_top_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pageview/bucket.h"
#include "pageview/utf8.h"

enum {
    RANK_COLUMNS = 4,
    SCORE_COLUMNS = 10,
    MOVED_COLUMNS = 5,
    FIXED_COLUMNS = RANK_COLUMNS + SCORE_COLUMNS + MOVED_COLUMNS + 5, /* with the blanks between */
    ARTICLE_COLUMNS_MIN = 10,
    BEHIND_MS = 15000,
};

static const char cut_mark[] = "\xe2\x80\xa6"; /* … */

/* Marks that change the direction of writing, and others without a shape of their own. */
static bool is_invisible(uint32_t code_point)
{
    return (code_point >= 0x200b && code_point <= 0x200f) ||
           (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

/* Bytes of the character at `text`; `*shown` is false when a "?" stands for it. */
static size_t character_at(const char *text, size_t length, bool *shown)
{
    uint32_t code_point = 0;
    size_t size = pv_utf8_decode(text, length, &code_point);

    *shown = size > 0 && !pv_utf8_is_control(code_point) && !is_invisible(code_point);
    return size > 0 ? size : 1;
}

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    bool shown;

    for (size_t at = 0; at < length; at += character_at(text + at, length - at, &shown))
        columns++;
    return columns;
}

/* Appends `text`, cut to `width` columns, or filled up to it with blanks when `fill`. */
static void add_cell(struct pv_buffer *buffer, const char *text, size_t length, size_t width,
                     bool fill)
{
    size_t columns = columns_of(text, length), at = 0;
    size_t whole = columns <= width ? columns : width - (width > 0);

    for (size_t i = 0; i < whole; i++) {
        bool shown;
        size_t size = character_at(text + at, length - at, &shown);

        if (shown)
            pv_buffer_add(buffer, text + at, size);
        else
            pv_buffer_add_char(buffer, '?');
        at += size;
    }
    if (columns > width && width > 0)
        pv_buffer_add_text(buffer, cut_mark);
    for (size_t i = columns; fill && i < width; i++)
        pv_buffer_add_char(buffer, ' ');
}

static void add_line(struct pv_buffer *buffer, const struct pv_buffer *line, size_t columns)
{
    if (line->failed)
        buffer->failed = true;
    if (line->length > 0)
        add_cell(buffer, line->data, line->length, columns, false);
    pv_buffer_add_char(buffer, '\n');
}

static void add_age(struct pv_buffer *line, int64_t age_ms)
{
    int64_t age_s = age_ms > 0 ? age_ms / 1000 : 0;

    if (age_s < 120)
        pv_buffer_add_format(line, "%" PRId64 " s", age_s);
    else if (age_s < 7200)
        pv_buffer_add_format(line, "%" PRId64 " min", age_s / 60);
    else
        pv_buffer_add_format(line, "%" PRId64 " h", age_s / 3600);
}

/* Counts that come every half second, or are known to be complete every few, need no word. */
static void add_lag(struct pv_buffer *line, const struct pv_live_view *view)
{
    const struct pv_reader_times *times = &view->times;
    int64_t counted_ms =
        times->last_commit_ms > times->caught_up_ms ? times->last_commit_ms : times->caught_up_ms;

    if (counted_ms < 0 || view->now_ms - counted_ms < BEHIND_MS)
        return;
    pv_buffer_add_text(line, ", counts ");
    add_age(line, view->now_ms - counted_ms);
    pv_buffer_add_text(line, " behind");
}

static void add_head(struct pv_buffer *buffer, const struct pv_live_view *view, size_t columns)
{
    char clock[PV_TIME_TEXT_SIZE];
    struct pv_buffer line = {0};

    pv_time_text(view->clock_ms, clock);
    pv_buffer_add_format(&line, "Page views, list %s", view->list);
    if (view->section != NULL)
        pv_buffer_add_format(&line, " of section %s", view->section);
    pv_buffer_add_format(&line, "  %s  ", clock);
    if (view->times.last_ranking_ms < 0) {
        pv_buffer_add_text(&line, "never ranked");
    } else {
        pv_buffer_add_text(&line, "ranked ");
        add_age(&line, view->now_ms - view->times.last_ranking_ms);
        pv_buffer_add_text(&line, " ago");
    }
    add_lag(&line, view);
    add_line(buffer, &line, columns);
    pv_buffer_reset(&line);
    pv_buffer_add_format(&line, "Site: %" PRId64 " views this minute, %" PRId64 " in five minutes",
                         view->minute_views, view->five_minutes_views);
    if (view->five_minutes_people >= 0)
        pv_buffer_add_format(&line, ", by %" PRId64 " people", view->five_minutes_people);
    add_line(buffer, &line, columns);
    pv_buffer_reset(&line);
    if (view->trouble != NULL)
        pv_buffer_add_text(&line, view->trouble);
    else if (view->count == 0)
        pv_buffer_add_text(&line, "The list is empty.");
    add_line(buffer, &line, columns);
    pv_buffer_clean_up(&line);
}

/* Lists of a time, "1h", are of views; the others have scores. */
static bool is_of_views(const char *list)
{
    return list[0] >= '0' && list[0] <= '9';
}

static void score_text(double score, bool views, char text[32])
{
    if (!(fabs(score) < 1e10)) /* or no number */
        snprintf(text, 32, "%.4g", score);
    else
        snprintf(text, 32, "%.*f", views ? 0 : 2, score);
}

/* "+2" is two places up since the last draw. */
static void moved_text(const struct pv_live_view *view, size_t rank, char text[32])
{
    const struct pv_reader_entry *entry = &view->entries[rank];

    text[0] = '\0';
    if (view->before == NULL)
        return;
    for (size_t i = 0; i < view->before_count; i++) {
        const struct pv_reader_entry *old = &view->before[i];

        if (old->length != entry->length ||
            memcmp(old->article, entry->article, entry->length) != 0)
            continue;
        if (i != rank)
            snprintf(text, 32, "%+d", (int)i - (int)rank);
        return;
    }
    snprintf(text, 32, "new");
}

/* Columns of the articles, so that titles have room as well; all there are without a bound. */
static size_t article_columns(const struct pv_live_view *view, size_t columns)
{
    size_t longest = ARTICLE_COLUMNS_MIN, rest;
    bool titles = false;

    for (size_t i = 0; i < view->count; i++) {
        size_t own = columns_of(view->entries[i].article, view->entries[i].length);

        longest = own > longest ? own : longest;
        titles = titles || view->articles[i].title != NULL;
    }
    if (columns == SIZE_MAX)
        return longest;
    rest = columns > FIXED_COLUMNS + ARTICLE_COLUMNS_MIN ? columns - FIXED_COLUMNS
                                                         : ARTICLE_COLUMNS_MIN;
    if (titles && rest >= (size_t)4 * ARTICLE_COLUMNS_MIN)
        rest = rest * 3 / 5;
    return longest < rest ? longest : rest;
}

static void add_entry(struct pv_buffer *buffer, const struct pv_live_view *view, size_t rank,
                      size_t article_width, size_t columns)
{
    const struct pv_reader_entry *entry = &view->entries[rank];
    const char *title = view->articles[rank].title;
    char score[32], moved[32];
    struct pv_buffer line = {0};

    score_text(entry->score, is_of_views(view->list), score);
    moved_text(view, rank, moved);
    pv_buffer_add_format(&line, "%*zu %*s %*s  ", RANK_COLUMNS, rank + 1, SCORE_COLUMNS, score,
                         MOVED_COLUMNS, moved);
    add_cell(&line, entry->article, entry->length, article_width, title != NULL);
    if (title != NULL)
        pv_buffer_add_format(&line, "  %s", title);
    add_line(buffer, &line, columns);
    pv_buffer_clean_up(&line);
}

void pv_live_table_write(struct pv_buffer *buffer, const struct pv_live_view *view, size_t columns)
{
    struct pv_buffer line = {0};
    size_t article_width;

    if (columns == 0)
        columns = SIZE_MAX;
    article_width = article_columns(view, columns);
    add_head(buffer, view, columns);
    pv_buffer_add_format(&line, "%*s %*s %*s  ", RANK_COLUMNS, "#", SCORE_COLUMNS,
                         is_of_views(view->list) ? "VIEWS" : "SCORE", MOVED_COLUMNS, "MOVED");
    add_cell(&line, "ARTICLE", strlen("ARTICLE"), article_width, true);
    pv_buffer_add_text(&line, "  TITLE");
    add_line(buffer, &line, columns);
    pv_buffer_clean_up(&line);
    for (size_t i = 0; i < view->count; i++)
        add_entry(buffer, view, i, article_width, columns);
}
