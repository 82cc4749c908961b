#include "test_pageview_support.h"

#include "dashboard-export/site_history.h"
#include "dashboard_redis.h"
#include "dashboard_steps.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

#define FIFTY_SIX_DAYS                                                                             \
    TWENTY_SITE_DAYS, TWENTY_SITE_DAYS, FOUR_SITE_DAYS, FOUR_SITE_DAYS, FOUR_SITE_DAYS,            \
        FOUR_SITE_DAYS
#define DAYS_OF(exec)                                                                              \
    {"MULTI", "+OK"}, {"HGETALL pv:site:2026-11-21", "+QUEUED"},                                   \
        {"HGETALL pv:site:2026-11-22", "+QUEUED"}, {"HGETALL pv:site:2026-11-23", "+QUEUED"},      \
        {"HGETALL pv:site:2026-11-24", "+QUEUED"}, {"HGETALL pv:offsets", "+QUEUED"},              \
    {                                                                                              \
        "EXEC", exec                                                                               \
    }
#define TWO_DAYS(exec)                                                                             \
    {"MULTI", "+OK"}, {"HGETALL pv:site:2026-11-23", "+QUEUED"},                                   \
        {"HGETALL pv:site:2026-11-24", "+QUEUED"}, {"HGETALL pv:offsets", "+QUEUED"},              \
    {                                                                                              \
        "EXEC", exec                                                                               \
    }

static struct pv_site_history history;
static int64_t hours[PV_SITE_HOURS], days[PV_SITE_DAYS];

static void read_at(struct pv_redis *redis, int64_t clock_ms, int64_t monotonic_ms)
{
    struct pv_offsets offsets;
    struct pv_error error;

    assert_int_equal(pv_site_history_read(&history, redis, "pv:", clock_ms, monotonic_ms, false,
                                          &offsets, &error),
                     PV_OK);
    assert_int_equal(offsets.count, 1);
    pv_offsets_clean_up(&offsets);
    pv_site_history_hours(&history, clock_ms, hours);
    pv_site_history_days(&history, clock_ms, days);
}

static int forget(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    return 0;
}

static void minutes_are_added_up_by_the_hour_and_the_day(void **state)
{
    static const struct scripted_step steps[] = {
        FIFTY_SIX_DAYS,
        DAYS_OF("[[] [00:00 1] [23:59 2 junk 7 24:00 8 13:5 9] [13:00 3 13:05 4 12:59 5] [v/0 5]]"),
    };
    struct pv_redis *redis;
    struct scripted_redis *server = SCRIPTED(steps, &redis);

    (void)state;
    read_at(redis, NOW_MS, 0);
    assert_int_equal(hours[PV_SITE_HOURS - 1], 7);       /* 13 */
    assert_int_equal(hours[PV_SITE_HOURS - 2], 5);       /* 12 */
    assert_int_equal(hours[PV_SITE_HOURS - 15], 2);      /* 23, yesterday */
    assert_int_equal(hours[PV_SITE_HOURS - 14 - 48], 1); /* 0, the day before */
    assert_int_equal(days[PV_SITE_DAYS - 1], 12);
    assert_int_equal(days[PV_SITE_DAYS - 2], 2);
    assert_int_equal(days[PV_SITE_DAYS - 3], 1);
    assert_int_equal(days[PV_SITE_DAYS - 4], 0);
    assert_int_equal(days[PV_SITE_DAYS - 5], 4); /* FOUR_SITE_DAYS */
    assert_int_equal(days[3], 4);
    scripted_redis_finish(server);
}

static void later_rounds_read_two_days_until_the_others_are_old(void **state)
{
    static const struct scripted_step steps[] = {
        FIFTY_SIX_DAYS,
        DAYS_OF("[[] [00:00 1] [] [] [v/0 5]]"),
        TWO_DAYS("[[] [13:05 8] [v/0 6]]"),
        /* Two of the old ones, the oldest first, and these two. */
        {"MULTI", "+OK"},
        {"HGETALL pv:site:2026-09-26", "+QUEUED"},
        {"HGETALL pv:site:2026-09-27", "+QUEUED"},
        {"HGETALL pv:site:2026-11-23", "+QUEUED"},
        {"HGETALL pv:site:2026-11-24", "+QUEUED"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {"EXEC", "[[00:00 6] [] [] [13:05 9] [v/0 7]]"},
    };
    struct pv_redis *redis;
    struct scripted_redis *server = SCRIPTED(steps, &redis);

    (void)state;
    read_at(redis, NOW_MS, 1000);
    read_at(redis, NOW_MS, 1000 + PV_SITE_AGE_MS - 1);
    assert_int_equal(days[PV_SITE_DAYS - 1], 8);
    assert_int_equal(days[PV_SITE_DAYS - 3], 1); /* remembered */
    read_at(redis, NOW_MS, 1000 + PV_SITE_AGE_MS);
    assert_int_equal(days[0], 6);
    assert_int_equal(days[PV_SITE_DAYS - 1], 9);
    scripted_redis_finish(server);
}

/* Its place had the day of sixty days ago. */
static void day_that_begins_is_read_and_the_oldest_forgotten(void **state)
{
    static const struct scripted_step steps[] = {
        TWENTY_SITE_DAYS,
        TWENTY_SITE_DAYS,
        TWENTY_SITE_DAYS,
        {"MULTI", "+OK"},
        {"HGETALL pv:site:2026-11-24", "+QUEUED"},
        {"HGETALL pv:site:2026-11-25", "+QUEUED"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {"EXEC", "[[13:05 4] [] [v/0 5]]"},
    };
    struct pv_redis *redis;
    struct scripted_redis *server = SCRIPTED(steps, &redis);

    (void)state;
    read_at(redis, NOW_MS, 0);
    assert_int_equal(days[3], 4);
    read_at(redis, NOW_MS + PV_DAY_MS, 1000);
    assert_int_equal(days[PV_SITE_DAYS - 1], 0);
    assert_int_equal(days[PV_SITE_DAYS - 2], 4);
    assert_int_equal(days[2], 4);
    scripted_redis_finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(minutes_are_added_up_by_the_hour_and_the_day, forget),
        cmocka_unit_test_setup(later_rounds_read_two_days_until_the_others_are_old, forget),
        cmocka_unit_test_setup(day_that_begins_is_read_and_the_oldest_forgotten, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
