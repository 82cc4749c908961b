#include "test_pageview_support.h"

#include "dashboard-export/exporter.h"
#include "dashboard_files.h"
#include "dashboard_redis.h"
#include "dashboard_steps.h"
#include "pageview/bucket.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define STAMP  "{\"generated_at\":\"2026-11-24T13:05:07Z\",\"lag_seconds\":        12"
#define ABOUT(schema)                                                                              \
    STAMP ",\"schema\":\"pageviews/" schema "\",\"exact\":true,\"counted_to\":{\"v/0\":5}"

#define DAY      "pv:views:2026-11-24"
#define HOUR     "pv:views:2026-11-24T13"
#define SITE     "pv:site:2026-11-24"
#define ALL      "pv:views"
#define FILTERED "pv:filtered:2026-11-24"
#define VERSION                                                                                    \
    {                                                                                              \
        "INFO server", "redis_version:7.0.15"                                                      \
    }

#define TOTALS(exec)                                                                               \
    MOMENT, {"MULTI", "+OK"}, {"HGETALL pv:totals", "+QUEUED"}, {"HLEN " ALL, "+QUEUED"},          \
        {"HGETALL " SITE, "+QUEUED"}, {"HGETALL pv:filtered:2026-11-24", "+QUEUED"},               \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", exec                                                                               \
    }
#define SOME_TOTALS TOTALS("[[views 4 spider 1] :2 [13:05 4] [spider 1] [v/0 5]]")
#define HASH(key, pairs)                                                                           \
    {"HLEN " key, ":1"}, {"MULTI", "+OK"}, {"HGETALL " key, "+QUEUED"},                            \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", "[" pairs " [v/0 5]]"                                                              \
    }
#define NO_HASH(key)                                                                               \
    {                                                                                              \
        "HLEN " key, ":0"                                                                          \
    }

#define NO_CO_VIEWS                                                                                \
    {                                                                                              \
        "ZRANGEBYSCORE pv:also_changed *", "[]"                                                    \
    }
/* No article was read in the last two hours, and no co-views changed, so none has a file to write.
 */
#define TEN_ZEROS "0 0 0 0 0 0 0 0 0 0 "
#define NO_MINUTES                                                                                 \
    {"HMGET " SITE " *", "[" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS \
                             TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "]"},               \
        NO_CO_VIEWS

/* A program that exports one day and one hour into a private directory. */
struct fixture {
    char path[TEST_PATH_SIZE];
    struct scripted_redis *server;
    struct pv_dashboard_options options;
    struct pv_progress progress;
    struct pv_exporter exporter;
};

static void start(struct fixture *fixture, const struct scripted_step *steps, size_t count)
{
    struct pv_redis *client;

    memset(fixture, 0, sizeof *fixture);
    make_directory(fixture->path);
    fixture->server = scripted_redis_start(steps, count, &client);
    fixture->options = (struct pv_dashboard_options){.redis.prefix = "pv:",
                                                     .out = fixture->path,
                                                     .articles_interval_ms = 60000,
                                                     .days = 1,
                                                     .hours = 1,
                                                     .limit = 10};
    pv_exporter_init(&fixture->exporter, &fixture->options, client, &fixture->progress);
}

#define START(fixture, steps) start((fixture), (steps), sizeof(steps) / sizeof *(steps))

static void finish(struct fixture *fixture)
{
    pv_exporter_clean_up(&fixture->exporter);
    scripted_redis_finish(fixture->server);
    remove_directory(fixture->path);
}

static void assert_round(struct fixture *fixture, int64_t after_ms, enum pv_status expected)
{
    struct pv_error error;

    assert_int_equal(pv_exporter_round(&fixture->exporter, NOW_MS + after_ms, after_ms, &error),
                     expected);
}

static void assert_progress(struct fixture *fixture, int64_t written, int64_t unchanged,
                            int64_t failed)
{
    assert_int_equal(pv_metric_get(&fixture->progress.written), written);
    assert_int_equal(pv_metric_get(&fixture->progress.unchanged), unchanged);
    assert_int_equal(pv_metric_get(&fixture->progress.failed), failed);
}

static void round_writes_every_snapshot(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        SOME_TOTALS,
        LIVE,
        HASH(DAY, "[/a 1 /b 3]"),
        HASH(HOUR, "[/b 3]"),
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        NEW_LISTS,
        HASH(ALL, "[/b 3 /a 1]"),
        NO_MINUTES,
    };
    struct fixture fixture;
    struct pv_buffer index;

    (void)state;
    START(&fixture, steps);
    assert_round(&fixture, 0, PV_OK);
    assert_file(
        fixture.path, "totals.json",
        ABOUT("totals/1") ",\"events\":5,\"views\":4,\"filtered\":{\"spider\":1},\"articles\":2,"
                          "\"today\":{\"date\":\"2026-11-24\",\"views\":4,"
                          "\"filtered\":{\"spider\":1}}}\n");
    assert_file(fixture.path, "top/day/2026-11-24.json",
                ABOUT("top/1") ",\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"24\","
                               "\"articles\":[{\"article\":\"/b\",\"views\":3,\"rank\":1},"
                               "{\"article\":\"/a\",\"views\":1,\"rank\":2}]}]}\n");
    assert_file(fixture.path, "top/hour/2026-11-24T13.json",
                ABOUT("top/1") ",\"items\":[{\"year\":\"2026\",\"month\":\"11\",\"day\":\"24\","
                               "\"hour\":\"13\",\"articles\":[{\"article\":\"/b\",\"views\":3,"
                               "\"rank\":1}]}]}\n");
    assert_file(fixture.path, "site/2026-11-24.json",
                ABOUT("site/1") ",\"items\":[{\"time\":\"13:05\",\"views\":4}]}\n");
    assert_file_contains(
        fixture.path, "site/hours.json",
        ABOUT("site-hours/1") ",\"hours\":{\"to\":\"2026-11-24T13\",\"views\":[0,");
    assert_file_contains(fixture.path, "site/days.json", ",0,0,0,4]}}\n");
    assert_file(fixture.path, "filtered/2026-11-24.json",
                ABOUT("filtered/1") ",\"date\":\"2026-11-24\",\"events\":1,"
                                    "\"reasons\":{\"spider\":1}}\n");
    assert_file(fixture.path, "trending/rising.json",
                ABOUT("trending/1") ",\"list\":\"rising\",\"section\":null,\"items\":[]}\n");
    assert_true(file_exists(fixture.path, "live.json"));
    assert_true(file_exists(fixture.path, "articles.ndjson.gz"));
    index = get_file(fixture.path, "index.json");
    assert_contains(index.data, STAMP ",\"schema\":\"pageviews/index/1\",\"timezone\":null,"
                                      "\"days\":1,\"hours\":1,\"names\":{\"rule\":1,\"sections\":{}"
                                      "},\"files\":[{\"path\":\"articles.ndjson.gz\",");
    assert_contains(index.data, "{\"path\":\"totals.json\",");
    pv_buffer_clean_up(&index);
    assert_progress(&fixture, 16, 0, 0);
    assert_int_equal(pv_metric_get(&fixture.progress.rounds_ok), 1);
    assert_int_equal(pv_metric_get(&fixture.progress.last_success_s), NOW_MS / 1000);
    assert_int_equal(pv_metric_get(&fixture.progress.is_ready), 1);
    finish(&fixture);
}

static void round_that_finds_nothing_new_writes_nothing(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        SOME_TOTALS,
        LIVE,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        NEW_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
        SOME_TOTALS,
        LIVE,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        UNCHANGED_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
    };
    static const char *const files[] = {"totals.json",
                                        "top/day/2026-11-24.json",
                                        "top/hour/2026-11-24T13.json",
                                        "site/2026-11-24.json",
                                        "site/hours.json",
                                        "site/days.json",
                                        "articles.ndjson.gz",
                                        "index.json",
                                        "live.json",
                                        "filtered/2026-11-24.json",
                                        "trending/1h.json",
                                        "trending/24h.json",
                                        "trending/7d.json",
                                        "trending/30d.json",
                                        "trending/hot.json",
                                        "trending/rising.json"};
    enum { FILES = sizeof files / sizeof files[0] };
    struct stat before[FILES];
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    fixture.options.once = true;
    assert_round(&fixture, 0, PV_OK);
    for (size_t i = 0; i < FILES; i++)
        before[i] = file_identity(fixture.path, files[i]);
    assert_round(&fixture, 5000, PV_OK);
    for (size_t i = 0; i < FILES; i++)
        assert_untouched(fixture.path, files[i], before[i]);
    assert_progress(&fixture, FILES, FILES, 0);
    finish(&fixture);
}

static void hash_that_is_not_there_gives_no_file(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,       TOTALS("[[] :0 [] [] []]"),
        LIVE,          NO_HASH(DAY),
        NO_HASH(HOUR), NO_HASH(SITE),
        ALL_SITE_DAYS, NO_HASH(FILTERED),
        NEW_LISTS,     NO_HASH(ALL),
        NO_MINUTES,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    assert_round(&fixture, 0, PV_OK);
    assert_int_equal(count_entries(fixture.path),
                     7); /* totals, live, site, trending, index, ranks, views.js */
    assert_true(file_exists(fixture.path, "totals.json"));
    assert_true(file_exists(fixture.path, "index.json"));
    finish(&fixture);
}

static void days_and_hours_are_counted_back_over_midnight(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        TOTALS("[[] :0 [] [] []]"),
        LIVE,
        NO_HASH(DAY),
        HASH("pv:views:2026-11-23", "[/y 1]"),
        NO_HASH("pv:views:2026-11-24T00"),
        HASH("pv:views:2026-11-23T23", "[/y 1]"),
        NO_HASH(SITE),
        HASH("pv:site:2026-11-23", "[23:59 1]"),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        HASH("pv:filtered:2026-11-23", "[spider 1]"),
        NEW_LISTS,
        NO_HASH(ALL),
        {"HMGET pv:site:2026-11-23 *",
         "[" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS
             TEN_ZEROS TEN_ZEROS TEN_ZEROS "0 0 0 0 0 0 0 0 0]"},
        {"HMGET " SITE " *", "[0]"},
        NO_CO_VIEWS,
    };
    const int64_t midnight_ms = NOW_MS - NOW_MS % PV_DAY_MS;
    struct fixture fixture;
    struct pv_error error;

    (void)state;
    START(&fixture, steps);
    fixture.options.days = 2;
    fixture.options.hours = 2;
    assert_int_equal(pv_exporter_round(&fixture.exporter, midnight_ms, 0, &error), PV_OK);
    assert_true(file_exists(fixture.path, "top/day/2026-11-23.json"));
    assert_true(file_exists(fixture.path, "top/hour/2026-11-23T23.json"));
    assert_true(file_exists(fixture.path, "site/2026-11-23.json"));
    finish(&fixture);
}

static void top_lists_of_what_is_over_wait_ten_minutes(void **state)
{
#define TODAY_ALONE                                                                                \
    SOME_TOTALS, LIVE, NO_HASH(DAY), NO_HASH(HOUR), NO_HASH(SITE), NO_HASH("pv:site:2026-11-23"),  \
        OPEN_SITE_DAYS, NO_HASH(FILTERED), NO_HASH("pv:filtered:2026-11-23"), NEW_LISTS,           \
        NO_MINUTES
#define ALL_OF_THEM                                                                                \
    SOME_TOTALS, LIVE, NO_HASH(DAY), HASH("pv:views:2026-11-23", "[/y 1]"), NO_HASH(HOUR),         \
        HASH("pv:views:2026-11-24T12", "[/y 1]"), NO_HASH(SITE), NO_HASH("pv:site:2026-11-23")
    static const struct scripted_step steps[] = {
        VERSION,
        ALL_OF_THEM,
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NO_HASH("pv:filtered:2026-11-23"),
        NEW_LISTS,
        NO_MINUTES,
        TODAY_ALONE,
        ALL_OF_THEM,
        NO_HASH("pv:site:2026-11-17"),
        FOUR_SITE_DAYS, /* two of them are old */
        NO_HASH(FILTERED),
        NO_HASH("pv:filtered:2026-11-23"),
        UNCHANGED_LISTS,
        NO_MINUTES,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    fixture.options.days = 2;
    fixture.options.hours = 2;
    fixture.options.articles_interval_ms = PV_DAY_MS;
    fixture.exporter.articles_tried = true;
    assert_round(&fixture, 0, PV_OK);
    assert_round(&fixture, 599999, PV_OK);
    assert_round(&fixture, 600000, PV_OK);
    finish(&fixture);
}

#define TWO_TRENDING(first, second)                                                                \
    {"HGETALL pv:rankings", "[]"}, {"ZREVRANGE pv:trending:1h 0 *", "[" first " 5 " second " 4]"}, \
        {"MULTI", "+OK"}, {"HGETALL pv:offsets", "+QUEUED"}, {"HMGET pv:views *", "+QUEUED"},      \
        {"HMGET pv:article:" first " *", "+QUEUED"}, {"HMGET pv:article:" second " *", "+QUEUED"}, \
        {"EXEC", "[[v/0 5] [5 4] [- -] [- -]]"}, EMPTY_LIST("24h"), EMPTY_LIST("7d"),              \
        EMPTY_LIST("30d"), EMPTY_LIST("hot"), EMPTY_LIST("rising")
#define ROUND_OF(hour, trending)                                                                   \
    VERSION, TOTALS("[[] :0 [] [] []]"), LIVE, NO_HASH(DAY), NO_HASH(hour), NO_HASH(SITE),         \
        ALL_SITE_DAYS, NO_HASH(FILTERED), trending, NO_HASH(ALL), NO_MINUTES

static void ranks_of_an_hour_ago_survive_a_restart(void **state)
{
    static const struct scripted_step steps[] = {
        ROUND_OF("pv:views:2026-11-24T12", TWO_TRENDING("/a", "/b")),
        ROUND_OF(HOUR, TWO_TRENDING("/b", "/a")),
    };
    struct fixture fixture;
    struct pv_redis *client;
    struct pv_error error;

    (void)state;
    START(&fixture, steps);
    client = fixture.exporter.redis;
    assert_int_equal(pv_exporter_round(&fixture.exporter, NOW_MS - PV_HOUR_MS, 0, &error), PV_OK);
    pv_exporter_clean_up(&fixture.exporter);
    pv_exporter_init(&fixture.exporter, &fixture.options, client, &fixture.progress);
    assert_round(&fixture, 0, PV_OK);
    assert_file_contains(fixture.path, "trending/1h.json",
                         "\"article\":\"/b\",\"title\":null,\"section\":null,\"views\":5,"
                         "\"score\":5,\"change\":1}");
    assert_file_contains(fixture.path, "trending/1h.json", "\"score\":4,\"change\":-1}");
    finish(&fixture);
}

static void top_holds_no_more_than_the_limit(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,       TOTALS("[[] :0 [] [] []]"),
        LIVE,          HASH(DAY, "[/a 1 /b 2 /c 3]"),
        NO_HASH(HOUR), NO_HASH(SITE),
        ALL_SITE_DAYS, NO_HASH(FILTERED),
        NEW_LISTS,     NO_HASH(ALL),
        NO_MINUTES,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    fixture.options.limit = 2;
    assert_round(&fixture, 0, PV_OK);
    assert_file_contains(fixture.path, "top/day/2026-11-24.json",
                         "\"articles\":[{\"article\":\"/c\",\"views\":3,\"rank\":1},"
                         "{\"article\":\"/b\",\"views\":2,\"rank\":2}]");
    finish(&fixture);
}

static void list_of_all_articles_waits_for_its_interval(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        SOME_TOTALS,
        LIVE,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        NO_HASH(SITE),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NEW_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
        SOME_TOTALS,
        LIVE,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        NO_HASH(SITE),
        OPEN_SITE_DAYS,
        NO_HASH(FILTERED),
        UNCHANGED_LISTS,
        NO_MINUTES,
        SOME_TOTALS,
        LIVE,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        NO_HASH(SITE),
        OPEN_SITE_DAYS,
        NO_HASH(FILTERED),
        UNCHANGED_LISTS,
        HASH(ALL, "[/a 2]"),
        NO_MINUTES,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    assert_round(&fixture, 0, PV_OK);
    assert_round(&fixture, 59999, PV_OK);
    assert_round(&fixture, 60000, PV_OK);
    finish(&fixture);
}

static void file_that_fails_does_not_keep_the_others_from_being_written(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        TOTALS("[-WRONGTYPE :0 [] [] []]"),
        LIVE,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NEW_LISTS,
        NO_HASH(ALL),
        NO_MINUTES,
    };
    struct fixture fixture;
    struct pv_error error;
    char in_the_way[TEST_PATH_SIZE];

    (void)state;
    START(&fixture, steps);
    join_path(in_the_way, fixture.path, "site");
    put_file(fixture.path, "site", "", 0);
    assert_int_equal(pv_exporter_round(&fixture.exporter, NOW_MS, 0, &error), PV_REFUSED);
    assert_contains(error.text, "pv:totals"); /* the first failure */
    assert_true(file_exists(fixture.path, "top/day/2026-11-24.json"));
    assert_true(file_exists(fixture.path, "top/hour/2026-11-24T13.json"));
    assert_false(file_exists(fixture.path, "totals.json"));
    assert_progress(&fixture, 9, 0,
                    5); /* totals, three of site, and the index that cannot list it */
    assert_int_equal(pv_metric_get(&fixture.progress.rounds_failed), 1);
    assert_int_equal(pv_metric_get(&fixture.progress.is_ready), 0);
    assert_int_equal(pv_metric_get(&fixture.progress.redis_up), 1);
    finish(&fixture);
}

static void lost_redis_ends_the_round_and_the_next_one_starts_afresh(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,       SOME_TOTALS,   LIVE,          {"HLEN " DAY, NULL},
        VERSION,       SOME_TOTALS,   LIVE,          HASH(DAY, "[/a 1]"),
        NO_HASH(HOUR), NO_HASH(SITE), ALL_SITE_DAYS, NO_HASH(FILTERED),
        NEW_LISTS,     NO_HASH(ALL),  NO_MINUTES,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    assert_round(&fixture, 0, PV_UNAVAILABLE);
    assert_int_equal(pv_metric_get(&fixture.progress.redis_up), 0);
    assert_true(file_exists(fixture.path, "totals.json"));
    assert_false(file_exists(fixture.path, "index.json"));
    assert_round(&fixture, 5000, PV_OK);
    assert_int_equal(pv_metric_get(&fixture.progress.redis_up), 1);
    assert_true(file_exists(fixture.path, "top/day/2026-11-24.json"));
    finish(&fixture);
}

static void redis_before_7_is_refused(void **state)
{
    static const struct scripted_step steps[] = {{"INFO server", "redis_version:6.2.7"}};
    struct fixture fixture;
    struct pv_error error;

    (void)state;
    START(&fixture, steps);
    assert_int_equal(pv_exporter_round(&fixture.exporter, NOW_MS, 0, &error), PV_INVALID);
    assert_contains(error.text, "6.2.7");
    assert_contains(error.text, "7.0");
    finish(&fixture);
}

static void directory_that_cannot_be_used_fails_the_round(void **state)
{
    static const struct scripted_step steps[] = {VERSION};
    struct fixture fixture;
    struct pv_error error;

    (void)state;
    START(&fixture, steps);
    fixture.exporter.directory.path = "/dev/null";
    assert_int_equal(pv_exporter_round(&fixture.exporter, NOW_MS, 0, &error), PV_IO);
    assert_contains(error.text, "--out=/dev/null");
    finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_writes_every_snapshot),
        cmocka_unit_test(round_that_finds_nothing_new_writes_nothing),
        cmocka_unit_test(hash_that_is_not_there_gives_no_file),
        cmocka_unit_test(days_and_hours_are_counted_back_over_midnight),
        cmocka_unit_test(top_lists_of_what_is_over_wait_ten_minutes),
        cmocka_unit_test(ranks_of_an_hour_ago_survive_a_restart),
        cmocka_unit_test(top_holds_no_more_than_the_limit),
        cmocka_unit_test(list_of_all_articles_waits_for_its_interval),
        cmocka_unit_test(file_that_fails_does_not_keep_the_others_from_being_written),
        cmocka_unit_test(lost_redis_ends_the_round_and_the_next_one_starts_afresh),
        cmocka_unit_test(redis_before_7_is_refused),
        cmocka_unit_test(directory_that_cannot_be_used_fails_the_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
