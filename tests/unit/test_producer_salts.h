/* Salts in a state directory of their own, by a clock that stands at a noon. */
#ifndef TEST_PRODUCER_SALTS_H
#define TEST_PRODUCER_SALTS_H

#include "test_pageview_support.h"

#include "dashboard_files.h"
#include "pageview/bucket.h"
#include "pageview/log.h"
#include "producer/salts.h"

/* 2026-11-24, at noon. */
#define TODAY     INT64_C(20781)
#define NOON_MS   (TODAY * PV_DAY_MS + PV_DAY_MS / 2)
#define TODAYS    "visitor-salt-2026-11-24"
#define YESTERDAY "visitor-salt-2026-11-23"

static char directory[TEST_PATH_SIZE], state_dir[TEST_PATH_SIZE];
static int64_t now_ms;

static inline int64_t tell_time(void *context)
{
    (void)context;
    return now_ms;
}

static const struct pv_clock fake_clock = {tell_time, NULL};

static inline int make_state_dir(void **state)
{
    (void)state;
    pv_log_set_level(PV_LOG_ERROR);
    now_ms = NOON_MS;
    make_directory(directory);
    join_path(state_dir, directory, "state");
    return 0;
}

static inline int remove_state_dir(void **state)
{
    (void)state;
    remove_directory(directory);
    return 0;
}

static inline struct pv_salts *open_salts(void)
{
    struct pv_salts *salts;
    struct pv_error error;

    if (pv_salts_open(state_dir, &fake_clock, &salts, &error) != PV_OK)
        fail_msg("%s", error.text);
    return salts;
}

struct salt {
    unsigned char bytes[PV_SALT_SIZE];
};

static inline struct salt salt_of(struct pv_salts *salts, int64_t day)
{
    struct salt salt;

    if (!pv_salts_of_day(salts, day, salt.bytes))
        fail_msg("day %lld has no salt", (long long)day);
    return salt;
}

static inline void assert_same(struct salt a, struct salt b)
{
    assert_memory_equal(a.bytes, b.bytes, PV_SALT_SIZE);
}

static inline void assert_other(struct salt a, struct salt b)
{
    assert_memory_not_equal(a.bytes, b.bytes, PV_SALT_SIZE);
}

/* What a program that starts now would use. */
static inline struct salt salt_after_restart(int64_t day)
{
    struct pv_salts *salts = open_salts();
    struct salt salt = salt_of(salts, day);

    pv_salts_destroy(salts);
    return salt;
}

#define SALT_TEST(name) cmocka_unit_test_setup_teardown(name, make_state_dir, remove_state_dir)

#endif
