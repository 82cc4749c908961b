#include "dashboard-export/options.h"

#include "pageview/bucket.h"

enum { INTERVAL_DEFAULT_MS = 5000 };

static const struct pv_option table[] = {
    PV_REDIS_OPTION_ROWS(struct pv_dashboard_options),
    {"out", PV_OPTION_TEXT, offsetof(struct pv_dashboard_options, out), NULL, 0, 0, NULL, "DIR",
     "write the files there; needed"},
    {"once", PV_OPTION_FLAG, offsetof(struct pv_dashboard_options, once), NULL, 0, 0, NULL, NULL,
     "write every file once and exit"},
    {"interval", PV_OPTION_DURATION, offsetof(struct pv_dashboard_options, interval_ms), NULL, 10,
     PV_DAY_MS, NULL, "DURATION", "the pause between rounds (5s unless --once)"},
    {"articles-interval", PV_OPTION_DURATION,
     offsetof(struct pv_dashboard_options, articles_interval_ms), "1m", 0, PV_DAY_MS, NULL,
     "DURATION", "write the list of all articles no more often than this"},
    {"days", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, days), "2", 1, 400, NULL, "N",
     "this many days, the last is today, get their files"},
    {"hours", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, hours), "3", 0, 192, NULL, "N",
     "this many hours, the last is in progress, get their files"},
    {"limit", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, limit), "1000", 1, 100000,
     NULL, "N", "articles in a list of the most viewed"},
    PV_COMMON_OPTION_ROWS(struct pv_dashboard_options),
};

const struct pv_program pv_dashboard_program = {
    .name = "pv-dashboard-export",
    .summary = "Writes the page views that are counted in Redis to JSON files.",
    .options = table,
    .option_count = sizeof table / sizeof table[0],
    .options_size = sizeof(struct pv_dashboard_options),
    .common_offset = offsetof(struct pv_dashboard_options, common),
    .takes_kafka = false,
};

enum pv_status pv_dashboard_options_check(void *options, struct pv_error *error)
{
    struct pv_dashboard_options *given = options;
    struct pv_redis *redis = NULL;
    enum pv_status status;

    if (given->out == NULL || given->out[0] == '\0')
        return pv_error_set(error, PV_INVALID,
                            "--out=DIR is missing: name the directory that the files go to");
    if (given->once && given->interval_ms != 0)
        return pv_error_set(error, PV_INVALID,
                            "--once and --interval exclude each other: give one of them");
    if (given->interval_ms == 0)
        given->interval_ms = INTERVAL_DEFAULT_MS;
    status = pv_redis_new(&given->redis, &redis, error);
    pv_redis_destroy(redis);
    return status;
}
