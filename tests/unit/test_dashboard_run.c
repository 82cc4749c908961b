#include "test_pageview_support.h"

#include "dashboard-export/run.h"
#include "dashboard_files.h"
#include "dashboard_redis.h"
#include "dashboard_steps.h"
#include "pageview/stop.h"

#define VERSION                                                                                    \
    {                                                                                              \
        "INFO server", "redis_version:7.0.15"                                                      \
    }
#define REFUSES_US(command)                                                                        \
    {                                                                                              \
        command, "-NOAUTH no"                                                                      \
    }

static struct pv_dashboard_options options_for(const struct pv_redis_options *redis,
                                               const char *out)
{
    return (struct pv_dashboard_options){.redis = *redis,
                                         .out = out,
                                         .interval_ms = 10,
                                         .articles_interval_ms = 60000,
                                         .days = 1,
                                         .hours = 0,
                                         .limit = 10};
}

/* Runs against the script with a private directory as --out; the script ends the program. */
static enum pv_status run(const struct scripted_step *steps, size_t count, bool once,
                          const char *in_the_way, struct pv_error *error)
{
    struct pv_redis *client;
    struct scripted_redis *server = scripted_redis_start(steps, count, &client);
    struct pv_dashboard_options options;
    char out[TEST_PATH_SIZE], path[TEST_PATH_SIZE];
    enum pv_status status;

    make_directory(out);
    options = options_for(scripted_redis_options(server), out);
    options.once = once;
    if (in_the_way != NULL) {
        join_path(path, out, in_the_way);
        assert_return_code(mkdir(path, 0755), 0);
    }
    status = pv_dashboard_run(&options, error);
    scripted_redis_finish(server);
    remove_directory(out);
    return status;
}

#define RUN(steps, once, in_the_way, error)                                                        \
    run((steps), sizeof(steps) / sizeof *(steps), (once), (in_the_way), (error))

static void once_ends_when_redis_is_away(void **state)
{
    static const struct scripted_step steps[] = {{"INFO server", NULL}};
    struct pv_error error;

    (void)state;
    assert_int_equal(RUN(steps, true, NULL, &error), PV_UNAVAILABLE);
    assert_int_equal(pv_exit_code(PV_UNAVAILABLE), 1);
    assert_contains(error.text, "Redis at unix:");
}

static void interval_tries_again_when_redis_is_away(void **state)
{
    static const struct scripted_step steps[] = {
        {"INFO server", NULL}, {"INFO server", "-LOADING data"}, REFUSES_US("INFO server")};
    struct pv_error error;

    (void)state;
    assert_int_equal(RUN(steps, false, NULL, &error), PV_INVALID);
}

static void redis_that_refuses_us_ends_the_program(void **state)
{
    static const struct scripted_step steps[] = {REFUSES_US("INFO server")};
    struct pv_error error;

    (void)state;
    assert_int_equal(RUN(steps, false, NULL, &error), PV_INVALID);
    assert_contains(error.text, "--redis-password-file");
    assert_int_equal(RUN(steps, true, NULL, &error), PV_INVALID);
}

#define TOTALS                                                                                     \
    MOMENT, {"MULTI", "+OK"}, {"HGETALL pv:totals", "+QUEUED"}, {"HLEN pv:views", "+QUEUED"},      \
        {"HGETALL pv:site:*", "+QUEUED"}, {"HGETALL pv:filtered:*", "+QUEUED"},                    \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", "[[] :0 [] [] []]"                                                                 \
    }

/* The clock is the wall's, so how many minutes of which days are asked for is not known here: no
 * answer fits always but a refusal, after which nothing more of articles is asked. */
#define NO_ARTICLES                                                                                \
    {                                                                                              \
        "HMGET pv:site:*", "-ERR no"                                                               \
    }

static void file_that_failed_is_tried_again_in_the_next_round(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,
        TOTALS,
        LIVE,
        {"HLEN pv:site:*", ":0"},
        ALL_SITE_DAYS,
        {"HLEN pv:filtered:*", ":0"},
        NEW_LISTS,
        {"HLEN pv:views", ":0"},
        NO_ARTICLES,
        {"HLEN pv:views:*", ":0"},
        TOTALS,
        LIVE,
        REFUSES_US("HLEN pv:site:*"),
    };
    struct pv_error error;

    (void)state;
    assert_int_equal(RUN(steps, false, "totals.json", &error), PV_INVALID);
}

static void once_ends_with_the_file_that_failed(void **state)
{
    static const struct scripted_step steps[] = {
        VERSION,       TOTALS,
        LIVE,          {"HLEN pv:site:*", ":0"},
        ALL_SITE_DAYS, {"HLEN pv:filtered:*", ":0"},
        NEW_LISTS,     {"HLEN pv:views", ":0"},
        NO_ARTICLES,   {"HLEN pv:views:*", ":0"},
    };
    struct pv_error error;

    (void)state;
    assert_int_equal(RUN(steps, true, "totals.json", &error), PV_IO);
    assert_int_equal(pv_exit_code(PV_IO), 1);
    assert_contains(error.text, "totals.json");
}

/* The last test: a stop is for good. Redis is not asked anything more. */
static void stop_ends_the_program_well(void **state)
{
    struct pv_dashboard_options options;
    char out[TEST_PATH_SIZE];
    struct pv_redis *client;
    struct scripted_redis *server = scripted_redis_start(NULL, 0, &client);
    struct pv_error error;

    (void)state;
    make_directory(out);
    options = options_for(scripted_redis_options(server), out);
    pv_stop_request();
    assert_int_equal(pv_dashboard_run(&options, &error), PV_OK);
    scripted_redis_finish(server);
    remove_directory(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_ends_when_redis_is_away),
        cmocka_unit_test(interval_tries_again_when_redis_is_away),
        cmocka_unit_test(redis_that_refuses_us_ends_the_program),
        cmocka_unit_test(file_that_failed_is_tried_again_in_the_next_round),
        cmocka_unit_test(once_ends_with_the_file_that_failed),
        cmocka_unit_test(stop_ends_the_program_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
