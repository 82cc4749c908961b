/* The buckets of a rebuild cover every window once; what leaves is what the next cover lacks. */
#include "test_pageview_support.h"

#include "aggregator/ranker/cover.h"

#define MIDNIGHT (INT64_C(1795478400000) / PV_MINUTE_MS) /* 2026-11-24T00:00 */

/* Days around the minute whose minutes are counted. */
enum { DAYS = 33, MINUTES = DAYS * 24 * 60 };

static int64_t origin; /* the first minute counted */
static int held[PV_WINDOWS][MINUTES];

static int64_t minutes_of(enum pv_bucket_size size)
{
    return pv_bucket_length_ms(size) / PV_MINUTE_MS;
}

static void put(const struct pv_cover_read *reads, size_t count, int sign)
{
    for (size_t i = 0; i < count; i++) {
        int64_t length = minutes_of(reads[i].size);

        for (int64_t at = 0; at < length; at++)
            for (int window = 0; window < PV_WINDOWS; window++)
                if (reads[i].windows & PV_WINDOW_BIT(window))
                    held[window][reads[i].index * length + at - origin] += sign;
    }
}

static int64_t first_minute(int window, int64_t minute)
{
    switch (window) {
    case PV_WINDOW_1H:
        return minute - 60;
    case PV_WINDOW_24H:
        return (minute / 60 - 24) * 60;
    case PV_WINDOW_7D:
        return (minute / 60 - 168) * 60;
    case PV_WINDOW_30D:
        return (minute / 1440 - 30) * 1440;
    default:
        return (minute / 60 - 72) * 60;
    }
}

static void assert_held(int64_t minute, int64_t end)
{
    for (int window = 0; window < PV_WINDOWS; window++)
        for (int64_t at = 0; at < MINUTES; at++) {
            bool inside = at + origin >= first_minute(window, minute) && at + origin < end;

            if (held[window][at] != inside)
                fail_msg("window %d at %lld: minute %lld is held %d times", window,
                         (long long)(minute - MIDNIGHT), (long long)(at + origin - MIDNIGHT),
                         held[window][at]);
        }
}

static void rebuild_at(int64_t minute)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];

    origin = (minute / 1440 - 31) * 1440;
    memset(held, 0, sizeof held);
    put(reads, pv_cover_rebuild(minute, reads), 1);
}

static const int64_t moments[] = {0,   1,   2,   57,   58,   59,   60,   61,   62,  119,
                                  120, 121, 777, 1380, 1381, 1437, 1438, 1439, -60, -61};

static void cover_holds_every_closed_minute_of_a_window_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        rebuild_at(MIDNIGHT + moments[i]);
        assert_held(MIDNIGHT + moments[i], MIDNIGHT + moments[i] - 1);
    }
}

static void leaving_buckets_and_new_minutes_lead_to_the_next_cover(void **state)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        for (int64_t step = 1; step <= 2; step++) {
            int64_t from = MIDNIGHT + moments[i], to = from + step;

            rebuild_at(from);
            put(reads, pv_cover_leaving(from, to, reads), -1);
            for (int64_t minute = from - 1; minute < to - 1; minute++)
                put(&(struct pv_cover_read){minute, PV_BUCKET_MINUTE, PV_WINDOWS_ALL}, 1, 1);
            assert_held(to, to - 1);
        }
}

static void only_buckets_that_are_still_kept_are_read(void **state)
{
    static const int64_t kept_minutes[PV_BUCKET_SIZES] = {120, 8 * 1440, 400 * 1440};
    struct pv_cover_read reads[2 * PV_COVER_READS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        int64_t minute = MIDNIGHT + moments[i];
        size_t count = pv_cover_rebuild(minute, reads);

        count += pv_cover_leaving(minute - 2, minute, reads + count);
        for (size_t at = 0; at < count; at++)
            assert_true((reads[at].index + 1) * minutes_of(reads[at].size) +
                            kept_minutes[reads[at].size] >
                        minute + 2);
    }
}

static void cover_takes_days_where_hours_are_not_needed(void **state)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];
    size_t count = pv_cover_rebuild(MIDNIGHT + 12 * 60 + 30, reads), of_size[PV_BUCKET_SIZES] = {0};

    (void)state;
    for (size_t i = 0; i < count; i++)
        of_size[reads[i].size]++;
    assert_int_equal(of_size[PV_BUCKET_MINUTE], 59);
    /* 72 of hot, then 12 of the day in which hot begins, and 12 of the day in which 7d begins. */
    assert_int_equal(of_size[PV_BUCKET_HOUR], 72 + 12 + 12);
    assert_int_equal(of_size[PV_BUCKET_DAY], 30);
}

static void nothing_is_read_before_the_epoch(void **state)
{
    struct pv_cover_read reads[PV_COVER_READS_MAX];

    (void)state;
    assert_int_equal(pv_cover_rebuild(0, reads), 0);
    assert_int_equal(pv_cover_rebuild(3, reads), 2);
    assert_int_equal(pv_cover_leaving(0, 2, reads), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover_holds_every_closed_minute_of_a_window_once),
        cmocka_unit_test(leaving_buckets_and_new_minutes_lead_to_the_next_cover),
        cmocka_unit_test(only_buckets_that_are_still_kept_are_read),
        cmocka_unit_test(cover_takes_days_where_hours_are_not_needed),
        cmocka_unit_test(nothing_is_read_before_the_epoch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
