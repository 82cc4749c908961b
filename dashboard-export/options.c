#include "dashboard-export/options.h"

#include <string.h>

#include "dashboard-export/timezone.h"
#include "pageview/bucket.h"
#include "pageview/reader.h"

enum {
    INTERVAL_DEFAULT_MS = 5000,
    SERVE_INTERVAL_DEFAULT_MS = 2000,
    TOP_INTERVAL_DEFAULT_MS = 1000,
    LIMIT_DEFAULT = 1000
};

static const char *const switch_choices[] = {"off", "on", NULL};

const char *const pv_dashboard_lists[] = {PV_READER_LISTS, NULL};

static const struct pv_option table[] = {
    PV_REDIS_OPTION_ROWS(struct pv_dashboard_options),
    {"out", PV_OPTION_TEXT, offsetof(struct pv_dashboard_options, out), NULL, 0, 0, NULL, "DIR",
     "write the files there; needed unless --top"},
    {"serve", PV_OPTION_ADDRESS, offsetof(struct pv_dashboard_options, serve), NULL, 0, 0, NULL,
     "ADDR:PORT", "serve --out over HTTP there, with live counts and events"},
    {"once", PV_OPTION_FLAG, offsetof(struct pv_dashboard_options, once), NULL, 0, 0, NULL, NULL,
     "write every file, or show the table, once and exit"},
    {"interval", PV_OPTION_DURATION, offsetof(struct pv_dashboard_options, interval_ms), NULL, 10,
     PV_DAY_MS, NULL, "DURATION", "the pause between rounds (5s; 2s with --serve, 1s with --top)"},
    {"articles-interval", PV_OPTION_DURATION,
     offsetof(struct pv_dashboard_options, articles_interval_ms), "1m", 0, PV_DAY_MS, NULL,
     "DURATION", "write the list of all articles no more often than this"},
    {"days", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, days), "2", 1, 400, NULL, "N",
     "this many days, the last is today, get their files"},
    {"hours", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, hours), "3", 0, 192, NULL, "N",
     "this many hours, the last is in progress, get their files"},
    {"limit", PV_OPTION_COUNT, offsetof(struct pv_dashboard_options, limit), NULL, 1, 100000, NULL,
     "N", "articles in a list of the most viewed (1000; with --top what fits, or 20)"},
    {"timezone", PV_OPTION_TEXT, offsetof(struct pv_dashboard_options, timezone), NULL, 0, 0, NULL,
     "NAME", "tell readers of the files to show times in this zone (Europe/Berlin)"},
    {"full", PV_OPTION_FLAG, offsetof(struct pv_dashboard_options, full), NULL, 0, 0, NULL, NULL,
     "write the files of all articles once, not only of those that change"},
    {"gzip", PV_OPTION_FLAG, offsetof(struct pv_dashboard_options, gzip), NULL, 0, 0, NULL, NULL,
     "write each JSON file compressed too, as .json.gz beside it"},
    {"csv", PV_OPTION_FLAG, offsetof(struct pv_dashboard_options, csv), NULL, 0, 0, NULL, NULL,
     "write top/... and site/... as CSV too, beside the JSON"},
    {"dashboard", PV_OPTION_CHOICE, offsetof(struct pv_dashboard_options, dashboard), "on", 0, 0,
     switch_choices, NULL, "put the dashboard, index.html, beside the files"},
    {"top", PV_OPTION_OPTIONAL, offsetof(struct pv_dashboard_options, top), NULL, 0, 0,
     pv_dashboard_lists, NULL, "show this list live in the terminal, --top alone 1h; q ends it"},
    {"section", PV_OPTION_TEXT, offsetof(struct pv_dashboard_options, section), NULL, 0, 0, NULL,
     "NAME", "with --top: the list of this section"},
    PV_COMMON_OPTION_ROWS(struct pv_dashboard_options),
};

const struct pv_program pv_dashboard_program = {
    .name = "pv-dashboard-export",
    .summary =
        "Writes the page views that are counted in Redis to JSON files, or shows a list live.",
    .options = table,
    .option_count = sizeof table / sizeof table[0],
    .options_size = sizeof(struct pv_dashboard_options),
    .common_offset = offsetof(struct pv_dashboard_options, common),
    .takes_kafka = false,
};

static enum pv_status check_top(const struct pv_dashboard_options *given, struct pv_error *error)
{
    if (given->out != NULL)
        return pv_error_set(error, PV_INVALID,
                            "--top and --out exclude each other: give one of them");
    if (given->common.metrics != NULL)
        return pv_error_set(error, PV_INVALID, "--top serves no --metrics: leave one of them out");
    if (given->serve != NULL)
        return pv_error_set(error, PV_INVALID, "--serve=%s: needs --out, leave it out with --top",
                            given->serve);
    if (given->full)
        return pv_error_set(error, PV_INVALID, "--full: needs --out, leave it out with --top");
    if (given->gzip)
        return pv_error_set(error, PV_INVALID, "--gzip: needs --out, leave it out with --top");
    if (given->timezone != NULL)
        return pv_error_set(error, PV_INVALID, "--timezone: needs --out, leave it out with --top");
    if (given->csv)
        return pv_error_set(error, PV_INVALID, "--csv: needs --out, leave it out with --top");
    if (given->section != NULL && strlen(given->section) > PV_READER_SECTION_MAX)
        return pv_error_set(error, PV_INVALID, "--section=%s: takes %d bytes at most",
                            given->section, PV_READER_SECTION_MAX);
    if (given->limit > PV_READER_ENTRIES_MAX)
        return pv_error_set(error, PV_INVALID, "--limit: takes %d at most with --top",
                            PV_READER_ENTRIES_MAX);
    return PV_OK;
}

static enum pv_status check_files(struct pv_dashboard_options *given, struct pv_error *error)
{
    if (given->out == NULL || given->out[0] == '\0')
        return pv_error_set(error, PV_INVALID,
                            "--out=DIR is missing: name the directory that the files go to, or "
                            "give --top");
    if (given->section != NULL)
        return pv_error_set(error, PV_INVALID, "--section=%s: needs --top", given->section);
    if (given->serve != NULL && given->once)
        return pv_error_set(error, PV_INVALID,
                            "--serve and --once exclude each other: give one of them");
    if (given->limit == 0)
        given->limit = LIMIT_DEFAULT;
    return given->timezone != NULL ? pv_timezone_check(given->timezone, PV_TIMEZONE_DATABASE, error)
                                   : PV_OK;
}

static int64_t default_interval_ms(const struct pv_dashboard_options *given)
{
    if (given->top != 0)
        return TOP_INTERVAL_DEFAULT_MS;
    return given->serve != NULL ? SERVE_INTERVAL_DEFAULT_MS : INTERVAL_DEFAULT_MS;
}

enum pv_status pv_dashboard_options_check(void *options, struct pv_error *error)
{
    struct pv_dashboard_options *given = options;
    struct pv_redis *redis = NULL;
    enum pv_status status;

    status = given->top != 0 ? check_top(given, error) : check_files(given, error);
    if (status != PV_OK)
        return status;
    if (given->once && given->interval_ms != 0)
        return pv_error_set(error, PV_INVALID,
                            "--once and --interval exclude each other: give one of them");
    if (given->interval_ms == 0)
        given->interval_ms = default_interval_ms(given);
    status = pv_redis_new(&given->redis, &redis, error);
    pv_redis_destroy(redis);
    return status;
}
