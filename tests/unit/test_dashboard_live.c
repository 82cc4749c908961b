/* The last hour of the site: which minutes it is made of, and where they are. */
#include "test_pageview_support.h"

#include "dashboard-export/live.h"
#include "dashboard_redis.h"

#define CLOCK_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define MINUTE   INT64_C(60000)

#define NONE_10  "- - - - - - - - - - "
#define NONE_50  NONE_10 NONE_10 NONE_10 NONE_10 NONE_10
#define NONE_60  NONE_50 NONE_10
#define MINUTE_1 "HMGET pv:site:2026-11-24 12:06 12:07 *"

static struct pv_live live;
static struct pv_error error;

static enum pv_status read_at(int64_t clock_ms, const struct scripted_step *steps, size_t count)
{
    struct pv_redis *client;
    struct scripted_redis *server = scripted_redis_start(steps, count, &client);
    enum pv_status status = pv_live_read(client, "pv:", clock_ms, &live, &error);

    scripted_redis_finish(server);
    return status;
}

#define READ_AT(clock_ms, steps) read_at((clock_ms), (steps), sizeof(steps) / sizeof *(steps))

static void hour_ends_with_the_minute_in_progress(void **state)
{
    static const struct scripted_step steps[] = {
        {"MULTI", "+OK"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {MINUTE_1, "+QUEUED"},
        {MINUTE_1, "+QUEUED"},
        {"PFCOUNT pv:visitors:2026-11-24T13:05 pv:visitors:2026-11-24T13:04 "
         "pv:visitors:2026-11-24T13:03 pv:visitors:2026-11-24T13:02 pv:visitors:2026-11-24T13:01",
         "+QUEUED"},
        {"EXEC", "[[v/0 7] [1 " NONE_50 "- - - - 2 3 - - 4] [" NONE_60 "] :6]"},
    };

    (void)state;
    assert_int_equal(READ_AT(CLOCK_MS, steps), PV_OK);
    assert_int_equal(live.first_ms, CLOCK_MS / MINUTE * MINUTE - 59 * MINUTE);
    assert_int_equal(live.views[0], 1);
    assert_int_equal(live.views[1], 0);
    assert_int_equal(live.views[55], 2);
    assert_int_equal(live.views[56], 3);
    assert_int_equal(live.views[59], 4);
    assert_int_equal(live.recent_views, 9);
    assert_int_equal(live.recent_people, 6);
    assert_int_equal(live.offsets.count, 1);
    assert_int_equal(live.offsets.items[0].next, 7);
    pv_live_clean_up(&live);
}

/* At 00:01:07 the last two minutes are of another hash than those before. */
static void hour_across_midnight_is_of_two_days(void **state)
{
    static const struct scripted_step steps[] = {
        {"MULTI", "+OK"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {"HMGET pv:site:2026-11-24 23:02 *", "+QUEUED"},
        {"HMGET pv:site:2026-11-23 23:02 *", "+QUEUED"},
        {"PFCOUNT pv:visitors:2026-11-24T00:01 pv:visitors:2026-11-24T00:00 "
         "pv:visitors:2026-11-23T23:59 *",
         "+QUEUED"},
        {"EXEC", "[[] [900 " NONE_50 "- - - - - - 901 1 2] [10 " NONE_50 "- - - - - - 20 902 903] "
                 ":1]"},
    };

    (void)state;
    assert_int_equal(READ_AT(CLOCK_MS - (13 * 60 + 4) * MINUTE, steps), PV_OK);
    assert_int_equal(live.views[0], 10);
    assert_int_equal(live.views[57], 20);
    assert_int_equal(live.views[58], 1);
    assert_int_equal(live.views[59], 2);
    assert_int_equal(live.recent_views, 23);
    pv_live_clean_up(&live);
}

static void hour_does_not_begin_before_1970(void **state)
{
    static const struct scripted_step steps[] = {
        {"MULTI", "+OK"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {"HMGET pv:site:1970-01-01 00:00 *", "+QUEUED"},
        {"HMGET pv:site:1970-01-01 00:00 *", "+QUEUED"},
        {"PFCOUNT pv:visitors:1970-01-01T00:01 pv:visitors:1970-01-01T00:00 *", "+QUEUED"},
        {"EXEC", "[[] [" NONE_60 "] [" NONE_60 "] :0]"},
    };

    (void)state;
    assert_int_equal(READ_AT(MINUTE + 1, steps), PV_OK);
    assert_int_equal(live.first_ms, 0);
    pv_live_clean_up(&live);
}

static void minutes_that_are_not_as_many_as_asked_for_are_refused(void **state)
{
    static const struct scripted_step steps[] = {
        {"MULTI", "+OK"},
        {"HGETALL pv:offsets", "+QUEUED"},
        {"HMGET pv:site:*", "+QUEUED"},
        {"HMGET pv:site:*", "+QUEUED"},
        {"PFCOUNT pv:visitors:*", "+QUEUED"},
        {"EXEC", "[[] [" NONE_50 "] [" NONE_60 "] :0]"},
    };

    (void)state;
    assert_int_equal(READ_AT(CLOCK_MS, steps), PV_REFUSED);
    assert_contains(error.text, "another shape");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hour_ends_with_the_minute_in_progress),
        cmocka_unit_test(hour_across_midnight_is_of_two_days),
        cmocka_unit_test(hour_does_not_begin_before_1970),
        cmocka_unit_test(minutes_that_are_not_as_many_as_asked_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
