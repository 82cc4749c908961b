/* Rounds of an exporter, into a private directory and from a Redis that follows a script. */
#ifndef TEST_DASHBOARD_EXPORTER_H
#define TEST_DASHBOARD_EXPORTER_H

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

static inline void start(struct fixture *fixture, const struct scripted_step *steps, size_t count)
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

static inline void finish(struct fixture *fixture)
{
    pv_exporter_clean_up(&fixture->exporter);
    scripted_redis_finish(fixture->server);
    remove_directory(fixture->path);
}

static inline void assert_round(struct fixture *fixture, int64_t after_ms, enum pv_status expected)
{
    struct pv_error error;

    assert_int_equal(pv_exporter_round(&fixture->exporter, NOW_MS + after_ms, after_ms, &error),
                     expected);
}

static inline void assert_progress(struct fixture *fixture, int64_t written, int64_t unchanged,
                                   int64_t failed)
{
    assert_int_equal(pv_metric_get(&fixture->progress.written), written);
    assert_int_equal(pv_metric_get(&fixture->progress.unchanged), unchanged);
    assert_int_equal(pv_metric_get(&fixture->progress.failed), failed);
}

#endif
