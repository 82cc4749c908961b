#include "dashboard-export/live_top.h"

#include <stdlib.h>
#include <unistd.h>

#include "dashboard-export/live_top_screen.h"
#include "dashboard-export/live_top_table.h"
#include "dashboard-export/moment.h"
#include "pageview/bucket.h"
#include "pageview/clock.h"

enum { PLAIN_ROWS_DEFAULT = 20, RECENT_MINUTES = 5 };

/* What one draw shows. */
struct sight {
    struct pv_reader_entry *entries;
    struct pv_reader_article *articles;
    size_t count;
    struct pv_reader_times times;
    int64_t clock_ms, minute_views, recent_views, recent_people;
};

struct live {
    const struct pv_dashboard_options *options;
    struct pv_reader *reader;
    struct sight now, before;
};

static const char *list_of(const struct live *live)
{
    return pv_dashboard_lists[live->options->top - 1];
}

static void clean_up(struct sight *sight)
{
    pv_reader_articles_destroy(sight->articles, sight->count);
    pv_reader_entries_destroy(sight->entries);
    *sight = (struct sight){.times = {-1, -1, -1, -1}};
}

static enum pv_status read_list(const struct live *live, size_t rows, struct sight *sight,
                                struct pv_error *error)
{
    const char **names;
    enum pv_status status = pv_reader_trending(live->reader, list_of(live), live->options->section,
                                               rows, &sight->entries, &sight->count, error);

    if (status != PV_OK) {
        *sight = (struct sight){0};
        return status;
    }
    if (sight->count == 0)
        return PV_OK;
    names = malloc(sight->count * sizeof *names);
    if (names == NULL)
        return pv_error_nomem(error, "the live table");
    for (size_t i = 0; i < sight->count; i++)
        names[i] = sight->entries[i].article;
    status = pv_reader_articles(live->reader, names, sight->count, &sight->articles, error);
    free(names);
    if (status != PV_OK)
        sight->articles = NULL;
    return status;
}

static int64_t clock_of(const struct pv_reader_times *times, int64_t now_ms)
{
    return pv_moment_clock_ms(now_ms, times->last_ranking_ms, times->ranking_clock_ms);
}

static enum pv_status read_site(const struct live *live, struct sight *sight,
                                struct pv_error *error)
{
    int64_t minutes[PV_READER_DAY_MINUTES];
    int64_t day_ms = -1;
    enum pv_status status = PV_OK;

    for (int i = 0; i < RECENT_MINUTES && status == PV_OK; i++) { /* midnight may lie between */
        int64_t time_ms = sight->clock_ms - i * PV_MINUTE_MS;

        if (time_ms < 0)
            break;
        if (pv_bucket_start_ms(PV_BUCKET_DAY, time_ms) != day_ms)
            status = pv_reader_site(live->reader, time_ms, minutes, error);
        day_ms = pv_bucket_start_ms(PV_BUCKET_DAY, time_ms);
        if (status == PV_OK)
            sight->recent_views += minutes[time_ms % PV_DAY_MS / PV_MINUTE_MS];
        if (i == 0)
            sight->minute_views = sight->recent_views;
    }
    /* Without the right to count people the rest is still worth a look. */
    if (status == PV_OK && pv_reader_site_visitors(live->reader, sight->clock_ms, RECENT_MINUTES,
                                                   &sight->recent_people, error) != PV_OK)
        sight->recent_people = -1;
    return status;
}

/* Reads what the next draw shows; after a failure the last one stays. */
static enum pv_status look(struct live *live, size_t rows, struct pv_error *error)
{
    struct sight sight = {0};
    enum pv_status status = pv_reader_times(live->reader, &sight.times, error);

    if (status == PV_OK)
        status = read_list(live, rows, &sight, error);
    sight.clock_ms = clock_of(&sight.times, pv_clock_now_ms(&pv_wall_clock));
    if (status == PV_OK)
        status = read_site(live, &sight, error);
    if (status != PV_OK) {
        clean_up(&sight);
        return status;
    }
    clean_up(&live->before);
    live->before = live->now;
    live->now = sight;
    return PV_OK;
}

static void write_table(const struct live *live, const char *trouble, size_t columns,
                        struct pv_buffer *table)
{
    const struct sight *now = &live->now;
    const int64_t now_ms = pv_clock_now_ms(&pv_wall_clock);
    const struct pv_live_view view = {
        .list = list_of(live),
        .section = live->options->section,
        .now_ms = now_ms,
        .clock_ms = clock_of(&now->times, now_ms),
        .times = now->times,
        .minute_views = now->minute_views,
        .five_minutes_views = now->recent_views,
        .five_minutes_people = now->recent_people,
        .entries = now->entries,
        .articles = now->articles,
        .count = now->count,
        .before = live->before.entries,
        .before_count = live->before.count,
        .trouble = trouble,
    };

    pv_live_table_write(table, &view, columns);
}

static enum pv_status draw(struct live *live, const struct pv_live_screen *screen,
                           struct pv_error *error)
{
    size_t rows = screen->rows > PV_LIVE_HEAD_LINES ? screen->rows - PV_LIVE_HEAD_LINES : 1;
    struct pv_buffer table = {0};
    enum pv_status status;

    if (live->options->limit > 0 && rows > (size_t)live->options->limit)
        rows = (size_t)live->options->limit;
    if (rows > PV_READER_ENTRIES_MAX)
        rows = PV_READER_ENTRIES_MAX;
    status = look(live, rows, error);
    if (status == PV_INVALID || status == PV_NOMEM)
        return status;
    write_table(live, status != PV_OK ? error->text : NULL, screen->columns, &table);
    status = pv_live_screen_draw(&table, error);
    pv_buffer_clean_up(&table);
    return status;
}

static enum pv_status draw_until_end(struct live *live, struct pv_error *error)
{
    struct pv_live_screen screen;
    enum pv_status status = pv_live_screen_begin(&screen, error);

    while (status == PV_OK) {
        status = draw(live, &screen, error);
        if (status == PV_OK &&
            pv_live_screen_wait(&screen, live->options->interval_ms) == PV_LIVE_END)
            break;
    }
    pv_live_screen_end(&screen);
    return status;
}

static enum pv_status print_once(struct live *live, struct pv_error *error)
{
    struct pv_buffer table = {0};
    size_t rows = live->options->limit > 0 ? (size_t)live->options->limit : PLAIN_ROWS_DEFAULT;
    enum pv_status status = look(live, rows, error);

    if (status == PV_OK) {
        write_table(live, NULL, 0, &table);
        status = pv_live_write(&table, error);
    }
    pv_buffer_clean_up(&table);
    return status;
}

enum pv_status pv_live_top_run(const struct pv_dashboard_options *options, struct pv_error *error)
{
    const struct pv_reader_options where = {
        .address = options->redis.address,
        .user = options->redis.user,
        .password_file = options->redis.password_file,
        .prefix = options->redis.prefix,
    };
    struct live live = {.options = options};
    enum pv_status status = pv_reader_new(&where, &live.reader, error);

    if (status != PV_OK)
        return status;
    clean_up(&live.now);
    clean_up(&live.before);
    status = options->once || !isatty(STDOUT_FILENO) ? print_once(&live, error)
                                                     : draw_until_end(&live, error);
    clean_up(&live.now);
    clean_up(&live.before);
    pv_reader_destroy(live.reader);
    return status;
}
