/* Which days have a salt, and that it stays the same. */
#include "test_producer_salts.h"

#include "pageview/event.h"

static bool has_salt(struct pv_salts *salts, int64_t day)
{
    unsigned char bytes[PV_SALT_SIZE];

    return pv_salts_of_day(salts, day, bytes);
}

static void each_day_has_its_own_salt_which_stays_the_same(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt today = salt_of(salts, TODAY), yesterday = salt_of(salts, TODAY - 1);

    (void)state;
    assert_other(today, yesterday);
    assert_same(salt_of(salts, TODAY), today);
    assert_same(salt_of(salts, TODAY - 1), yesterday);
    pv_salts_destroy(salts);
}

static void salts_survive_a_restart(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt today = salt_of(salts, TODAY), yesterday = salt_of(salts, TODAY - 1);

    (void)state;
    pv_salts_destroy(salts);
    assert_same(salt_after_restart(TODAY), today);
    assert_same(salt_after_restart(TODAY - 1), yesterday);
}

static void salt_is_random(void **state)
{
    struct salt first = salt_after_restart(TODAY);

    (void)state;
    remove_directory(state_dir);
    assert_other(salt_after_restart(TODAY), first);
}

static void salt_of_today_is_tomorrows_salt_of_yesterday(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt today = salt_of(salts, TODAY);

    (void)state;
    now_ms += PV_DAY_MS;
    assert_other(salt_of(salts, TODAY + 1), today);
    assert_same(salt_of(salts, TODAY), today);
    assert_same(salt_after_restart(TODAY), today);
    pv_salts_destroy(salts);
}

static void days_older_than_yesterday_have_no_salt(void **state)
{
    struct pv_salts *salts = open_salts();

    (void)state;
    assert_true(has_salt(salts, TODAY - 1));
    assert_false(has_salt(salts, TODAY - 2));
    assert_false(has_salt(salts, 0));
    assert_false(has_salt(salts, -1));
    pv_salts_destroy(salts);
}

static void tomorrow_has_a_salt_from_five_minutes_before(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt tomorrow;

    (void)state;
    assert_false(has_salt(salts, TODAY + 1));
    now_ms = (TODAY + 1) * PV_DAY_MS - PV_FUTURE_MS - 1;
    assert_false(has_salt(salts, TODAY + 1));
    now_ms++;
    tomorrow = salt_of(salts, TODAY + 1);
    assert_true(has_salt(salts, TODAY - 1));
    assert_false(has_salt(salts, TODAY + 2));
    now_ms += PV_DAY_MS;
    assert_same(salt_of(salts, TODAY + 1), tomorrow);
    pv_salts_destroy(salts);
}

static void old_salts_are_destroyed_when_the_day_changes(void **state)
{
    struct pv_salts *salts = open_salts();
    struct salt today = salt_of(salts, TODAY);

    (void)state;
    assert_true(has_salt(salts, TODAY - 1));
    now_ms += PV_DAY_MS;
    assert_true(has_salt(salts, TODAY));
    assert_false(file_exists(state_dir, YESTERDAY));
    assert_true(file_exists(state_dir, TODAYS));
    now_ms += PV_DAY_MS;
    pv_salts_expire(salts);
    assert_false(file_exists(state_dir, TODAYS));
    pv_salts_expire(NULL);
    /* Even when the clock goes back: what is destroyed is gone. */
    now_ms -= 2 * PV_DAY_MS;
    assert_other(salt_of(salts, TODAY), today);
    pv_salts_destroy(salts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SALT_TEST(each_day_has_its_own_salt_which_stays_the_same),
        SALT_TEST(salts_survive_a_restart),
        SALT_TEST(salt_is_random),
        SALT_TEST(salt_of_today_is_tomorrows_salt_of_yesterday),
        SALT_TEST(days_older_than_yesterday_have_no_salt),
        SALT_TEST(tomorrow_has_a_salt_from_five_minutes_before),
        SALT_TEST(old_salts_are_destroyed_when_the_day_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
