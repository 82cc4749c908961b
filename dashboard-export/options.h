/* The options of pv-dashboard-export. */
#ifndef DASHBOARD_EXPORT_OPTIONS_H
#define DASHBOARD_EXPORT_OPTIONS_H

#include "pageview/options.h"
#include "pageview/redis_client.h"

struct pv_dashboard_options {
    struct pv_common_options common;
    struct pv_redis_options redis;
    const char *out;
    const char *serve; /* "ADDR:PORT", or NULL */
    bool once;
    int64_t interval_ms; /* 0 after parsing: not given */
    int64_t articles_interval_ms;
    int64_t days;         /* today is one of them */
    int64_t hours;        /* so is the hour in progress */
    int64_t limit;        /* articles of a top list; 0 after checking: --top without it */
    const char *timezone; /* in which the dashboard shows times; NULL: the reader's */
    bool gzip;            /* .gz beside the JSON */
    bool csv;             /* tables beside the JSON */
    bool full;            /* the files of all articles, not only of those that change */
    int dashboard;        /* 0: the page that shows the files is not put beside them */
    int top;              /* 0: no live table; else 1 + index into pv_dashboard_lists */
    const char *section;  /* of the live table; NULL: the whole site */
};

extern const struct pv_program pv_dashboard_program;

/* The lists that --top may show; ends with NULL. */
extern const char *const pv_dashboard_lists[];

/* What the table cannot say: either --out or --top is there, --once and --interval exclude each
 * other, the Redis password can be read. Fills in the interval and the limit when they were not
 * given. `options` is a struct pv_dashboard_options. */
enum pv_status pv_dashboard_options_check(void *options, struct pv_error *error) PV_MUST_CHECK;

#endif
