/* Rounds in which something fails. */
#include "test_dashboard_exporter.h"

static void file_that_fails_does_not_keep_the_others_from_being_written(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        TOTALS("[-WRONGTYPE :0 [] [] []]"),
        LIVE,
        HASH(SITE, "[13:05 4]"),
        ALL_SITE_DAYS,
        NO_HASH(FILTERED),
        NEW_LISTS,
        NO_HASH(ALL),
        NO_MINUTES,
        HASH(DAY, "[/a 1]"),
        HASH(HOUR, "[/a 1]"),
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
        VERSION,     SOME_TOTALS,  LIVE,          {"HLEN " SITE, NULL}, VERSION,
        SOME_TOTALS, LIVE,         NO_HASH(SITE), ALL_SITE_DAYS,        NO_HASH(FILTERED),
        NEW_LISTS,   NO_HASH(ALL), NO_MINUTES,    HASH(DAY, "[/a 1]"),  NO_HASH(HOUR),
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
        cmocka_unit_test(file_that_fails_does_not_keep_the_others_from_being_written),
        cmocka_unit_test(lost_redis_ends_the_round_and_the_next_one_starts_afresh),
        cmocka_unit_test(redis_before_7_is_refused),
        cmocka_unit_test(directory_that_cannot_be_used_fails_the_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
