/* A lock in Redis: one owner has it, and gives it back, or it runs out. */
#include "real_redis.h"

#include "aggregator/random_id.h"
#include "aggregator/redis_lock.h"

#define KEY "pv:lock"

enum { HOLD_MS = 600000 };

static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    return 0;
}

static bool hold(const char *owner, int ms)
{
    bool is_ours;

    assert_int_equal(pv_redis_lock_hold(redis, KEY, owner, ms, &is_ours, &error), PV_OK);
    return is_ours;
}

static void one_owner_has_it_until_it_gives_it_back(void **state)
{
    (void)state;
    assert_true(hold("mine", HOLD_MS));
    assert_true(hold("mine", HOLD_MS));
    assert_false(hold("yours", HOLD_MS));
    assert_false(hold("yours", 0));
    assert_false(hold("yours", HOLD_MS));
    assert_true(hold("mine", 0));
    assert_int_equal(redis_number("EXISTS", KEY, NULL), 0);
    assert_true(hold("yours", HOLD_MS));
}

static void keeping_it_begins_its_time_anew(void **state)
{
    int64_t left_ms;

    (void)state;
    assert_true(hold("mine", HOLD_MS));
    assert_true(hold("mine", 2 * HOLD_MS));
    left_ms = redis_number("PTTL", KEY, NULL);
    assert_true(left_ms > HOLD_MS && left_ms <= 2 * HOLD_MS);
}

static void a_failure_says_that_it_is_not_ours(void **state)
{
    bool is_ours = true;

    (void)state;
    COMMAND("HSET", KEY, "no", "lock");
    assert_int_equal(pv_redis_lock_hold(redis, KEY, "mine", HOLD_MS, &is_ours, &error), PV_REFUSED);
    assert_false(is_ours);
}

static void owners_have_ids_of_their_own(void **state)
{
    char mine[PV_RANDOM_ID_SIZE], yours[PV_RANDOM_ID_SIZE];

    (void)state;
    pv_random_id(mine);
    pv_random_id(yours);
    assert_int_equal(strlen(mine), PV_RANDOM_ID_SIZE - 1);
    assert_string_not_equal(mine, yours);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(one_owner_has_it_until_it_gives_it_back),
        TEST(keeping_it_begins_its_time_anew),
        TEST(a_failure_says_that_it_is_not_ours),
        TEST(owners_have_ids_of_their_own),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
