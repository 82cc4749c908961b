/* A lock in Redis: one owner has it, and gives it back, or it runs out. */
#include "real_redis.h"

#include "aggregator/random_id.h"
#include "aggregator/redis_lock.h"
#include "pageview/clock.h"

#define KEY "pv:lock"

static struct pv_redis_lock mine, yours;

static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    mine = (struct pv_redis_lock){.redis = redis, .key = KEY, .owner = "mine"};
    yours = (struct pv_redis_lock){.redis = redis, .key = KEY, .owner = "yours"};
    return 0;
}

static bool take(struct pv_redis_lock *lock)
{
    assert_int_equal(pv_redis_lock_take(lock, &error), PV_OK);
    return lock->held;
}

static void one_has_it_until_it_gives_it_back(void **state)
{
    (void)state;
    assert_true(take(&mine));
    assert_true(take(&mine));
    assert_false(take(&yours));
    yours.held = true; /* though it is not */
    pv_redis_lock_release(&yours);
    assert_false(take(&yours));
    pv_redis_lock_release(&mine);
    assert_false(mine.held);
    assert_true(take(&yours));
    assert_false(take(&mine));
}

static void it_runs_out_when_nobody_renews_it(void **state)
{
    int64_t left_ms;

    (void)state;
    assert_true(take(&mine));
    left_ms = redis_number("PTTL", KEY, NULL);
    assert_true(left_ms > 0 && left_ms <= PV_REDIS_LOCK_MS);
    COMMAND("DEL", KEY);
    assert_true(take(&yours));
}

static void it_is_renewed_after_a_while_only(void **state)
{
    (void)state;
    assert_true(take(&mine));
    COMMAND("PEXPIRE", KEY, "600000");
    assert_int_equal(pv_redis_lock_keep(&mine, &error), PV_OK);
    assert_true(redis_number("PTTL", KEY, NULL) > PV_REDIS_LOCK_MS);
    mine.renewed_ms -= PV_REDIS_LOCK_RENEW_MS;
    assert_int_equal(pv_redis_lock_keep(&mine, &error), PV_OK);
    assert_true(redis_number("PTTL", KEY, NULL) <= PV_REDIS_LOCK_MS);
    assert_true(mine.held);
}

static void keeping_takes_it_from_nobody(void **state)
{
    (void)state;
    assert_true(take(&mine));
    COMMAND("DEL", KEY);
    assert_true(take(&yours));
    mine.renewed_ms -= PV_REDIS_LOCK_RENEW_MS;
    assert_int_equal(pv_redis_lock_keep(&mine, &error), PV_OK);
    assert_false(mine.held);
    COMMAND("DEL", KEY);
    mine.renewed_ms -= PV_REDIS_LOCK_RENEW_MS;
    assert_int_equal(pv_redis_lock_keep(&mine, &error), PV_OK);
    assert_false(mine.held);
    assert_int_equal(redis_number("EXISTS", KEY, NULL), 0);
}

static void a_failure_leaves_it_to_others(void **state)
{
    (void)state;
    assert_true(take(&mine));
    COMMAND("DEL", KEY);
    COMMAND("HSET", KEY, "no", "lock");
    assert_int_equal(pv_redis_lock_take(&mine, &error), PV_REFUSED);
    assert_false(mine.held);
}

static void owners_have_ids_of_their_own(void **state)
{
    char one[PV_RANDOM_ID_SIZE], other[PV_RANDOM_ID_SIZE];

    (void)state;
    pv_random_id(one);
    pv_random_id(other);
    assert_int_equal(strlen(one), PV_RANDOM_ID_SIZE - 1);
    assert_string_not_equal(one, other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(one_has_it_until_it_gives_it_back), TEST(it_runs_out_when_nobody_renews_it),
        TEST(it_is_renewed_after_a_while_only),  TEST(keeping_takes_it_from_nobody),
        TEST(a_failure_leaves_it_to_others),     TEST(owners_have_ids_of_their_own),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
