#include "aggregator/ranker/cover.h"

static size_t add(struct pv_cover_read *reads, size_t count, enum pv_bucket_size size,
                  int64_t index, unsigned windows)
{
    if (index < 0 || windows == 0)
        return count;
    reads[count] = (struct pv_cover_read){index, size, windows};
    return count + 1;
}

/* 7d takes a day instead of its hours where it holds all of them and hot needs none. */
static bool is_whole_in_7d(int64_t day, int64_t hour)
{
    return day * PV_DAY_HOURS >= hour - PV_7D_HOURS &&
           (day + 1) * PV_DAY_HOURS <= hour - PV_HOT_HOURS;
}

static unsigned windows_of_hour(int64_t hour, int64_t now_hour, int64_t open_day)
{
    unsigned windows = 0;

    if (!is_whole_in_7d(hour / PV_DAY_HOURS, now_hour))
        windows |= PV_WINDOW_BIT(PV_WINDOW_7D);
    if (hour >= now_hour - PV_24H_HOURS)
        windows |= PV_WINDOW_BIT(PV_WINDOW_24H);
    if (hour >= now_hour - PV_HOT_HOURS)
        windows |= PV_WINDOW_BIT(PV_WINDOW_HOT);
    if (hour >= open_day * PV_DAY_HOURS)
        windows |= PV_WINDOW_BIT(PV_WINDOW_30D);
    return windows;
}

size_t pv_cover_rebuild(int64_t minute, struct pv_cover_read reads[PV_COVER_READS_MAX])
{
    int64_t hour = minute / PV_HOUR_MINUTES;
    int64_t day = hour / PV_DAY_HOURS;
    /* Those of the older open minute: they are not over, or not closed. */
    int64_t open_hour = (minute - 1) / PV_HOUR_MINUTES;
    int64_t open_day = open_hour / PV_DAY_HOURS;
    size_t count = 0;

    for (int64_t at = minute - 2; at >= minute - PV_1H_MINUTES; at--)
        count =
            add(reads, count, PV_BUCKET_MINUTE, at,
                at >= open_hour * PV_HOUR_MINUTES ? PV_WINDOWS_ALL : PV_WINDOW_BIT(PV_WINDOW_1H));
    for (int64_t at = open_hour - 1; at >= hour - PV_7D_HOURS; at--)
        count = add(reads, count, PV_BUCKET_HOUR, at, windows_of_hour(at, hour, open_day));
    for (int64_t at = open_day - 1; at >= day - PV_30D_DAYS; at--)
        count = add(reads, count, PV_BUCKET_DAY, at,
                    PV_WINDOW_BIT(PV_WINDOW_30D) |
                        (is_whole_in_7d(at, hour) ? PV_WINDOW_BIT(PV_WINDOW_7D) : 0));
    return count;
}

size_t pv_cover_leaving(int64_t from, int64_t to, struct pv_cover_read reads[PV_COVER_READS_MAX])
{
    static const struct {
        enum pv_window window;
        enum pv_bucket_size size;
        int64_t minutes; /* in one of its buckets */
        int64_t length;
    } windows[PV_WINDOWS] = {
        {PV_WINDOW_1H, PV_BUCKET_MINUTE, 1, PV_1H_MINUTES},
        {PV_WINDOW_24H, PV_BUCKET_HOUR, PV_HOUR_MINUTES, PV_24H_HOURS},
        {PV_WINDOW_7D, PV_BUCKET_HOUR, PV_HOUR_MINUTES, PV_7D_HOURS},
        {PV_WINDOW_30D, PV_BUCKET_DAY, PV_HOUR_MINUTES * PV_DAY_HOURS, PV_30D_DAYS},
        {PV_WINDOW_HOT, PV_BUCKET_HOUR, PV_HOUR_MINUTES, PV_HOT_HOURS},
    };
    size_t count = 0;

    for (size_t i = 0; i < PV_WINDOWS; i++) {
        int64_t first = from / windows[i].minutes - windows[i].length;
        int64_t end = to / windows[i].minutes - windows[i].length;

        for (int64_t at = first; at < end; at++)
            count = add(reads, count, windows[i].size, at, PV_WINDOW_BIT(windows[i].window));
    }
    return count;
}

int64_t pv_cover_hour(const struct pv_cover_read *read)
{
    return read->index * pv_bucket_length_ms(read->size) / PV_HOUR_MS;
}
