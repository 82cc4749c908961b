/* What a round writes, and what it leaves for a later one. */
#include "test_dashboard_exporter.h"

static void round_writes_every_snapshot(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        SOME_TOTALS,
        LIVE,
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        NEW_LISTS,
        HASH(ALL, "[/b 3 /a 1]"),
        NO_MINUTES,
        HASH(DAY, "[/a 1 /b 3]"),
        HASH(HOUR, "[/b 3]"),
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
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        NEW_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
        SOME_TOTALS,
        LIVE,
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        HASH(FILTERED, "[spider 1]"),
        UNCHANGED_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
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
        LIVE,          NO_HASH(SITE),
        ALL_SITE_DAYS, NO_HASH(FILTERED),
        NEW_LISTS,     NO_HASH(ALL),
        NO_MINUTES,    NO_HASH(DAY),
        NO_HASH(HOUR),
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
        NO_HASH(DAY),
        HASH("pv:views:2026-11-23", "[/y 1]"),
        NO_HASH("pv:views:2026-11-24T00"),
        HASH("pv:views:2026-11-23T23", "[/y 1]"),
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
#define ALL_OF_THEM                                                                                \
    NO_HASH(DAY), HASH("pv:views:2026-11-23", "[/y 1]"), NO_HASH(HOUR),                            \
        HASH("pv:views:2026-11-24T12", "[/y 1]")
    static const struct scripted_step steps[] = {
        VERSION,
        SOME_TOTALS,
        LIVE,
        NO_HASH(SITE),
        NO_HASH("pv:site:2026-11-23"),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NO_HASH("pv:filtered:2026-11-23"),
        NEW_LISTS,
        NO_MINUTES,
        ALL_OF_THEM,
        SOME_TOTALS,
        LIVE,
        NO_HASH(SITE),
        NO_HASH("pv:site:2026-11-23"),
        OPEN_SITE_DAYS,
        NO_HASH(FILTERED),
        NO_HASH("pv:filtered:2026-11-23"),
        NEW_LISTS,
        NO_MINUTES,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        SOME_TOTALS,
        LIVE,
        NO_HASH(SITE),
        NO_HASH("pv:site:2026-11-23"),
        NO_HASH("pv:site:2026-11-17"),
        FOUR_SITE_DAYS, /* two of them are old */
        NO_HASH(FILTERED),
        NO_HASH("pv:filtered:2026-11-23"),
        UNCHANGED_LISTS,
        NO_MINUTES,
        ALL_OF_THEM,
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    fixture.options.days = 2;
    fixture.options.hours = 2;
    fixture.options.articles_interval_ms = PV_DAY_MS;
    fixture.exporter.archive_tried = true;
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
    VERSION, TOTALS("[[] :0 [] [] []]"), LIVE, NO_HASH(SITE), ALL_SITE_DAYS, NO_HASH(FILTERED),    \
        trending, NO_HASH(ALL), NO_MINUTES, NO_HASH(DAY), NO_HASH(hour)

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
        LIVE,          NO_HASH(SITE),
        ALL_SITE_DAYS, NO_HASH(FILTERED),
        NEW_LISTS,     NO_HASH(ALL),
        NO_MINUTES,    HASH(DAY, "[/a 1 /b 2 /c 3]"),
        NO_HASH(HOUR),
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
        NO_HASH(SITE),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NEW_LISTS,
        HASH(ALL, "[/a 1]"),
        NO_MINUTES,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        SOME_TOTALS,
        LIVE,
        NO_HASH(SITE),
        OPEN_SITE_DAYS,
        NO_HASH(FILTERED),
        UNCHANGED_LISTS,
        NO_MINUTES,
        NO_HASH(DAY),
        NO_HASH(HOUR),
        SOME_TOTALS,
        LIVE,
        NO_HASH(SITE),
        OPEN_SITE_DAYS,
        NO_HASH(FILTERED),
        UNCHANGED_LISTS,
        HASH(ALL, "[/a 2]"),
        NO_MINUTES,
        NO_HASH(DAY),
        NO_HASH(HOUR),
    };
    struct fixture fixture;

    (void)state;
    START(&fixture, steps);
    assert_round(&fixture, 0, PV_OK);
    assert_round(&fixture, 59999, PV_OK);
    assert_round(&fixture, 60000, PV_OK);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
