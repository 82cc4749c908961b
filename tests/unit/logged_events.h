/* The log lines of a test, in the place of the program's log. Include after
 * test_pageview_support.h. */
#ifndef LOGGED_EVENTS_H
#define LOGGED_EVENTS_H

#include "pageview/log.h"

static char logged[4096]; /* " event key=text …" of each line, without numbers */

void pv_log_fields(enum pv_log_level level, const char *event, const struct pv_log_field *fields)
{
    size_t used = strlen(logged);

    (void)level;
    used += (size_t)snprintf(logged + used, sizeof logged - used, " %s", event);
    for (; fields->key != NULL && used < sizeof logged; fields++)
        if (fields->text != NULL)
            used += (size_t)snprintf(logged + used, sizeof logged - used, " %s=%s", fields->key,
                                     fields->text);
}

#endif
