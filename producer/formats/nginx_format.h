/* An nginx log_format as a line pattern. A variable that says nothing about a view is passed over,
 * whatever its name. */
#ifndef PRODUCER_FORMATS_NGINX_FORMAT_H
#define PRODUCER_FORMATS_NGINX_FORMAT_H

#include "producer/formats/line_pattern.h"

/* Adds the format, out of its quotes, to an empty pattern. `text` has to outlive it. PV_INVALID
 * names the variable that is in the way, or what is missing. */
enum pv_status pv_nginx_format_compile(struct pv_text text, struct pv_line_pattern *pattern,
                                       struct pv_error *error) PV_MUST_CHECK;

#endif
